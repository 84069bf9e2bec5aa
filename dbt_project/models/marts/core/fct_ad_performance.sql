-- Which of its days are built anew. depends_on: {{ ref('int_ads__changed_days') }}
with

performance as (

    select * from {{ ref('int_ads__performance_single_grain') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    performance.ad_performance_id,
    performance.performance_date,
    performance.period_start,
    performance.period_end,
    performance.platform,
    performance.stream,
    performance.channel,
    performance.account_id,
    performance.campaign_id,
    performance.campaign_name,
    performance.ad_group_id,
    performance.ad_group_name,
    performance.ad_id,
    performance.ad_name,
    performance.report_grain,
    performance.currency_code,
    performance.spend_amount,
    {{ convert_amount('performance.spend_amount', 'rates.from_rate', 'rates.to_rate') }}
        as spend_amount_reporting,
    performance.conversion_value_amount,
    {{ convert_amount('performance.conversion_value_amount', 'rates.from_rate', 'rates.to_rate') }}
        as conversion_value_amount_reporting,
    performance.impressions,
    performance.clicks,
    performance.video_views,
    performance.conversions,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    performance._landing_id,
    performance._row_number

from performance
left join rates
    on
        performance.currency_code = rates.currency_code
        and performance.period_end = rates.rate_date
