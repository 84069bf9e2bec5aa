with

landed as (

    select * from {{ source('landed', 'meta_ads__campaign_insights') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'meta_ads'", "'campaign'", "account_id", "performance_date", "campaign_id",
        ]) }} as ad_performance_id,
        account_id,
        campaign_id,

        -- strings
        'meta_ads' as platform,
        'meta_ads__campaign_insights' as stream,
        'campaign' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        'social' as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        spend_amount,
        conversion_value_amount,

        -- numbers
        impressions,
        clicks,
        conversions,

        -- dates
        performance_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
