with

landed as (

    select * from {{ source('landed', 'google_ads__ad_group_history') }}

),

renamed as (

    select
        -- ids
        ad_group_id,
        campaign_id,

        -- strings
        'google_ads' as platform,
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('ad_group_name') }} as ad_group_name,

        -- timestamps
        updated_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
