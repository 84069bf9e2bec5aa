with

performance as (

    select * from {{ ref('int_ads__performance_unioned') }}

),

choices as (

    select * from {{ ref('int_ads__report_choices') }}
    where is_feed

),

single_grain as (

    select
        performance.ad_performance_id,
        performance.performance_date,
        performance.period_start,
        performance.period_end,
        performance.platform,
        performance.stream,
        performance.report_grain,
        performance.channel,
        performance.account_id,
        performance.campaign_id,
        performance.campaign_name,
        performance.ad_group_id,
        performance.ad_group_name,
        performance.ad_id,
        performance.ad_name,
        coalesce(performance.currency_code, choices.currency_code) as currency_code,
        performance.spend_amount,
        performance.conversion_value_amount,
        performance.impressions,
        performance.clicks,
        performance.video_views,
        performance.conversions,
        performance._landing_id,
        performance._row_number

    from performance
    inner join choices
        on
            performance.platform = choices.platform
            and performance.account_id = choices.account_id
            and performance.stream = choices.stream
            and performance.report_grain = choices.report_grain
            and performance.period_start = choices.period_start
            and performance.period_end = choices.period_end

)

select * from single_grain
