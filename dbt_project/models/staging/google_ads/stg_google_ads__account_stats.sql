with

landed as (

    select * from {{ source('landed', 'google_ads__account_stats') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'google_ads__account_stats'", "replace(account_id, '-', '')", "period_start",
            "ad_network_type", "device",
        ]) }} as ad_performance_id,
        replace(account_id, '-', '') as account_id,
        {{ as_text('null') }} as campaign_id,
        {{ as_text('null') }} as ad_group_id,
        {{ as_text('null') }} as ad_id,

        -- strings
        'google_ads' as platform,
        'google_ads__account_stats' as stream,
        'account' as report_grain,
        {{ as_text('null') }} as campaign_name,
        {{ as_text('null') }} as ad_group_name,
        {{ as_text('null') }} as ad_name,
        {{ google_network_channel('ad_network_type') }} as channel,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        cost_amount as spend_amount,
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
