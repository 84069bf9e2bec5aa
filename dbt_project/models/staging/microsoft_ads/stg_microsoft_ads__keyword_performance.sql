with

landed as (

    select * from {{ source('landed', 'microsoft_ads__keyword_performance') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'microsoft_ads__keyword_performance'", "_landing_id", "_row_number",
        ]) }} as ad_performance_id,
        {{ without_brackets('account_id') }} as account_id,
        coalesce(
            {{ without_brackets('campaign_id') }}, {{ filled('campaign_name') }}
        ) as campaign_id,
        coalesce(
            {{ without_brackets('ad_group_id') }}, {{ filled('ad_group_name') }}
        ) as ad_group_id,
        {{ as_text('null') }} as ad_id,

        -- strings
        'microsoft_ads' as platform,
        'microsoft_ads__keyword_performance' as stream,
        'keyword' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        {{ filled('ad_group_name') }} as ad_group_name,
        {{ as_text('null') }} as ad_name,
        'search' as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        spend_amount,
        conversion_value_amount,

        -- numbers
        impressions,
        clicks,
        cast(null as bigint) as video_views,
        conversions,

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
