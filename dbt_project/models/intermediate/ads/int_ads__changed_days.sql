{{ config(materialized='table') }}

{#- Everything that the rows of a report in the ad facts are made of, but for rates. -#}
{%- set of_reports = [
    'platform', 'account_id', 'stream', 'report_grain', 'period_start', 'period_end', 'is_feed',
    'currency_code', 'rows_fingerprint',
] -%}
{%- set of_breakdown = [
    'platform', 'account_id', 'stream', 'report_grain', 'period_start', 'period_end', 'is_feed',
    'is_in_a_feed', 'compared_start', 'compared_end', 'currency_code',
] -%}
{%- set of_rates = ['currency_code', 'rate_date', 'from_rate', 'to_rate', 'fx_rate_date'] -%}
{%- set choices = ref('int_ads__report_choices') -%}
{%- set breakdown_periods = ref('int_ads__breakdown_periods') -%}
{%- set rates = ref('int_finance__fx_rates') -%}

with

{% if candidate_before() -%}
reports as (
    {{ differing_rows(choices, of_reports) }}
),

compared as (
    {{ differing_rows(breakdown_periods, of_breakdown) }}
),

-- A level that an account is first reported at, or no more, is held against all of its spend.
levels as (
    {{ differing_rows(breakdown_periods, ['platform', 'account_id', 'report_grain']) }}
),

converted as (
    {{ differing_rows(rates, of_rates) }}
),

-- The rows that might stay as they are have these currencies.
kept_currencies as (

    select distinct currency_code
    from {{ before('kpi_mart', 'fct_ad_performance') }}

),

touched as (

    select
        period_start as first_day,
        period_end as last_day

    from reports

    union all

    select
        compared_start as first_day,
        compared_end as last_day

    from compared

    union all

    select
        choices.period_start as first_day,
        choices.period_end as last_day

    from {{ choices }} as choices
    inner join levels
        on choices.platform = levels.platform and choices.account_id = levels.account_id

    union all

    select
        converted.rate_date as first_day,
        converted.rate_date as last_day

    from converted
    inner join kept_currencies
        on converted.currency_code = kept_currencies.currency_code

),
{%- else -%}
touched as (

    select
        period_start as first_day,
        period_end as last_day

    from {{ choices }}

),
{%- endif %}

so_far as (

    select
        first_day,
        last_day,
        max(last_day) over (
            order by first_day asc nulls last, last_day asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as last_day_so_far

    from touched

),

-- Ranges that touch each other are one.
ranges as (

    select
        first_day,
        last_day,
        sum(
            case
                when {{ days_between('last_day_so_far', 'first_day') }} <= 1 then 0
                else 1
            end
        ) over (
            order by first_day asc nulls last, last_day asc nulls last
            rows between unbounded preceding and current row
        ) as range_number

    from so_far

)

select
    min(first_day) as first_day,
    max(last_day) as last_day

from ranges
group by range_number
