with

landed as (

    select * from {{ source('landed', 'tiktok_ads__campaign_performance') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'tiktok_ads__campaign_performance'", "_landing_id", "_row_number",
        ]) }} as ad_performance_id,
        account_id,
        coalesce({{ filled('campaign_id') }}, {{ filled('campaign_name') }}) as campaign_id,
        {{ as_text('null') }} as ad_group_id,
        {{ as_text('null') }} as ad_id,

        -- strings
        'tiktok_ads' as platform,
        'tiktok_ads__campaign_performance' as stream,
        'campaign' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        {{ as_text('null') }} as ad_group_name,
        {{ as_text('null') }} as ad_name,
        'social' as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        spend_amount,
        conversion_value_amount,

        -- numbers
        impressions,
        clicks,
        video_views,
        coalesce(conversions, results) as conversions,

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
