with

landed as (

    select * from {{ source('landed', 'google_ads__search_term_keyword_stats') }}

),

renamed as (

    select
        -- ids
        {{ joined_key([
            "'google_ads__search_term_keyword_stats'", "_landing_id", "_row_number",
        ]) }} as ad_performance_id,
        replace(account_id, '-', '') as account_id,
        campaign_id,
        ad_group_id,
        {{ as_text('null') }} as ad_id,

        -- strings
        'google_ads' as platform,
        'google_ads__search_term_keyword_stats' as stream,
        'search_term' as report_grain,
        {{ filled('campaign_name') }} as campaign_name,
        {{ as_text('null') }} as ad_group_name,
        {{ as_text('null') }} as ad_name,
        'search' as channel,
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
