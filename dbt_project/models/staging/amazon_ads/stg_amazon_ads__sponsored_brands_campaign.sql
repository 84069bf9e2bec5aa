with

landed as (

    select * from {{ source('landed', 'amazon_ads__sponsored_brands_campaign') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'amazon_ads__sponsored_brands_campaign'", "_landing_id", "_row_number",
        ]) }} as ad_performance_id,
        account_id || ' Sponsored Brands' as account_id,
        coalesce({{ filled('campaign_id') }}, {{ filled('campaign_name') }}) as campaign_id,
        {{ as_text('null') }} as ad_group_id,
        {{ as_text('null') }} as ad_id,

        -- strings
        'amazon_ads' as platform,
        'amazon_ads__sponsored_brands_campaign' as stream,
        'campaign' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        {{ as_text('null') }} as ad_group_name,
        {{ as_text('null') }} as ad_name,
        'search' as channel,
        {{ currency_of_sign('currency_code') }} as currency_code,

        -- amounts
        spend_amount,
        coalesce(sales_7_day_amount, sales_14_day_amount) as conversion_value_amount,

        -- numbers
        impressions,
        clicks,
        cast(null as bigint) as video_views,
        coalesce(orders_7_day, orders_14_day) as conversions,

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
