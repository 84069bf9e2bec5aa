{{ config(materialized='table') }}

{#- All that a row says, so that a report which changed in any way is seen to have changed. -#}
{%- set said = [
    'performance_date', 'channel', 'campaign_id', 'campaign_name', 'ad_group_id', 'ad_group_name', 'ad_id',
    'ad_name', 'currency_code', 'spend_amount', 'conversion_value_amount', 'impressions', 'clicks',
    'video_views', 'conversions', '_landing_id', '_row_number',
] -%}

with

performance as (

    select * from {{ ref('int_ads__performance_unioned') }}

),

account_currencies as (

    select * from {{ ref('int_ads__account_currencies') }}

),

streams as (

    select * from {{ source('landed', 'streams') }}

),

report_periods as (

    select * from {{ source('landed', 'report_periods') }}

),

reports as (

    select
        platform,
        account_id,
        stream,
        report_grain,
        period_start,
        period_end,
        max(currency_code) as currency_code,
        count(*) as row_count,
        cast(sum(coalesce(spend_amount, 0)) as decimal(28, 6)) as spend_amount,
        cast(sum(coalesce(conversion_value_amount, 0)) as decimal(28, 6))
            as conversion_value_amount,
        cast(sum(coalesce(impressions, 0)) as bigint) as impressions,
        cast(sum(coalesce(clicks, 0)) as bigint) as clicks,
        cast(sum(coalesce(conversions, 0)) as decimal(28, 6)) as conversions,
        {{ rows_fingerprint(said) }} as rows_fingerprint

    from performance
    group by platform, account_id, stream, report_grain, period_start, period_end

),

-- A stream that nobody has ranked comes after all others.
ranked as (

    select
        reports.*,
        coalesce(reports.currency_code, account_currencies.currency_code) as account_currency_code,
        reports.period_start = reports.period_end as is_day,
        coalesce(streams.spend_rank, 1000) as spend_rank,
        case reports.report_grain
            when 'account' then 1
            when 'campaign' then 2
            when 'ad_group' then 3
            when 'ad' then 4
            else 5
        end as fineness,
        coalesce(report_periods.feeds, false) as is_feeding_period,
        coalesce(report_periods.days_left_out, 0) as days_left_out

    from reports
    left join streams
        on reports.stream = streams.table_name
    left join account_currencies
        on
            reports.platform = account_currencies.platform
            and reports.account_id = account_currencies.account_id
    left join report_periods
        on
            reports.stream = report_periods.table_name
            and {{ account_key('reports.account_id') }} = report_periods.account_key
            and reports.period_start = report_periods.period_start
            and reports.period_end = report_periods.period_end

),

feeding_periods as (

    select distinct
        platform,
        account_id,
        period_start,
        period_end

    from ranked
    where is_feeding_period

),

placed as (

    select
        ranked.*,
        feeding_periods.period_start is not null as is_in_a_feeding_period,
        row_number() over (
            partition by
                ranked.platform, ranked.account_id, ranked.period_start, ranked.period_end
            order by
                case when ranked.is_day or ranked.is_feeding_period then 1 else 2 end
                asc nulls last,
                ranked.spend_rank asc nulls last,
                ranked.fineness asc nulls last,
                ranked.stream asc nulls last
        ) as place

    from ranked
    -- Periods that feed do not overlap: a day lies in one of them at most.
    left join feeding_periods
        on
            ranked.is_day
            and ranked.platform = feeding_periods.platform
            and ranked.account_id = feeding_periods.account_id
            and ranked.period_start >= feeding_periods.period_start
            and ranked.period_end <= feeding_periods.period_end

)

select
    platform,
    account_id,
    stream,
    report_grain,
    period_start,
    period_end,
    spend_rank,
    place = 1
    and case when is_day then not is_in_a_feeding_period else is_feeding_period end as is_feed,
    days_left_out,
    account_currency_code as currency_code,
    row_count,
    spend_amount,
    conversion_value_amount,
    impressions,
    clicks,
    conversions,
    rows_fingerprint

from placed
