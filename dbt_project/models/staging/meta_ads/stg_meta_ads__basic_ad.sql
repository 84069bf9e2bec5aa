with

landed as (

    select * from {{ source('landed', 'meta_ads__basic_ad') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'meta_ads__basic_ad'", "account_id", "period_start", "ad_id",
        ]) }} as ad_performance_id,
        account_id,
        campaign_id,
        ad_set_id as ad_group_id,
        ad_id,

        -- strings
        'meta_ads' as platform,
        'meta_ads__basic_ad' as stream,
        'ad' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('ad_set_name') }} as ad_group_name,
        {{ filled('ad_name') }} as ad_name,
        'social' as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        spend_amount,
        cast(null as decimal(18, 6)) as conversion_value_amount,

        -- numbers
        impressions,
        clicks,
        cast(null as bigint) as video_views,
        cast(null as decimal(18, 6)) as conversions,

        -- dates
        case when period_start = period_end then period_start end as performance_date,
        period_start,
        period_end,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
