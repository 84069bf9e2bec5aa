with

landed as (

    select * from {{ source('landed', 'meta_ads__ad_history') }}

),

renamed as (

    select
        -- ids
        ad_id,
        account_id,
        ad_set_id as ad_group_id,
        campaign_id,

        -- strings
        'meta_ads' as platform,
        {{ filled('ad_name') }} as ad_name,

        -- timestamps
        changed_at as updated_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
