{{ config(materialized='table') }}

{#- The bank quotes units of a currency for one euro. -#}
{%- set base_currency = 'EUR' -%}
{%- set reporting_currency = var('reporting_currency') -%}
{#- How many days a rate may stand in for the days without one that follow it. -#}
{%- set days_carried = 7 -%}

with

days as (

    {{ known_days() }}

),

published as (

    select * from {{ ref('stg_ecb__reference_rates') }}

),

days_since as (
    {%- for day in range(days_carried + 1) %}
    select {{ day }} as days_since
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

followed as (

    select
        *,
        lead(published_date) over (
            partition by currency_code
            order by published_date asc nulls last
        ) as next_published_date

    from published

),

carried as (

    select
        {{ days_after('followed.published_date', 'days_since.days_since') }} as rate_date,
        followed.currency_code,
        followed.rate,
        followed.published_date,
        followed._landing_id,
        followed._row_number

    from followed
    cross join days_since
    where
        followed.next_published_date is null
        or {{ days_after('followed.published_date', 'days_since.days_since') }}
        < followed.next_published_date

),

base as (

    select
        date_day as rate_date,
        '{{ base_currency }}' as currency_code,
        cast(1 as decimal(18, 8)) as rate,
        date_day as published_date,
        {{ as_text('null') }} as _landing_id,
        cast(null as bigint) as _row_number

    from days

),

quoted_rates as (

    select * from carried
    union all
    select * from base

),

reporting_rates as (

    select * from quoted_rates
    where currency_code = '{{ reporting_currency }}'

),

-- Two rates meet over the base; the older of their days is the day that is said.
foreign_currencies as (

    select
        quoted_rates.rate_date,
        quoted_rates.currency_code,
        quoted_rates.rate,
        quoted_rates.published_date,
        quoted_rates.rate as from_rate,
        reporting_rates.rate as to_rate,
        least(quoted_rates.published_date, reporting_rates.published_date) as fx_rate_date,
        quoted_rates._landing_id,
        quoted_rates._row_number

    from quoted_rates
    inner join reporting_rates on quoted_rates.rate_date = reporting_rates.rate_date
    where quoted_rates.currency_code <> '{{ reporting_currency }}'

),

-- An amount in the reporting currency is what it is, on any day and without any rates.
own_currency as (

    select
        days.date_day as rate_date,
        '{{ reporting_currency }}' as currency_code,
        reporting_rates.rate,
        reporting_rates.published_date,
        cast(1 as decimal(18, 8)) as from_rate,
        cast(1 as decimal(18, 8)) as to_rate,
        days.date_day as fx_rate_date,
        reporting_rates._landing_id,
        reporting_rates._row_number

    from days
    left join reporting_rates on days.date_day = reporting_rates.rate_date

),

rates as (

    select * from foreign_currencies
    union all
    select * from own_currency

)

select * from rates
