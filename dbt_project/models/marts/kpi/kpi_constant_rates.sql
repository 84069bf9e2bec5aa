with

periods as (

    select * from {{ ref('kpi_periods') }}

),

days as (

    select * from {{ ref('dim_date') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}
    where rate_date <= {{ as_of_date() }}

),

years as (

    select distinct
        days.year_start_date,
        {{ days_after('days.year_start_date', -1) }} as wanted_date
    from periods
    inner join days on periods.period_start = days.date_day

),

-- The day before the year; else the first one after it with a rate, else the last one before it.
chosen as (

    select
        years.year_start_date,
        rates.currency_code,
        coalesce(
            min(case when rates.rate_date >= years.wanted_date then rates.rate_date end),
            max(rates.rate_date)
        ) as rate_date
    from years
    cross join rates
    group by years.year_start_date, rates.currency_code

)

select
    chosen.year_start_date,
    chosen.currency_code,
    rates.from_rate,
    rates.to_rate,
    chosen.rate_date,
    rates.fx_rate_date
from chosen
inner join rates
    on
        chosen.currency_code = rates.currency_code
        and chosen.rate_date = rates.rate_date
