with

landed as (

    select * from {{ source('landed', 'meta_ads__campaign_history') }}

),

renamed as (

    select
        -- ids
        campaign_id,
        account_id,

        -- strings
        'meta_ads' as platform,
        {{ filled('campaign_name') }} as campaign_name,

        -- timestamps
        changed_at as updated_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
