with

landed as (

    select * from {{ source('landed', 'google_ads__campaign_history') }}

),

renamed as (

    select
        -- ids
        campaign_id,
        replace(account_id, '-', '') as account_id,

        -- strings
        'google_ads' as platform,
        {{ filled('campaign_name') }} as campaign_name,
        {{ google_campaign_channel('campaign_type') }} as channel,

        -- timestamps
        updated_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
