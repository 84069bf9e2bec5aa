{{ config(materialized='table', schema='intermediate') }}

with

maturity as (
    select kpi, table_name, age_days, known_share
    from {{ ref('kpi_maturity') }}
),

inputs as (
    select kpi, table_name, exported_at, covered_to
    from {{ ref('kpi_inputs') }}
    where is_active
),

periods as (
    select grain, period_start, period_end
    from {{ ref('kpi_periods') }}
),

calendar as (
    {{ kpi_days_of_periods() }}
),

-- A day is known as well as by the stream that knows least of it.
days as (
    select
        maturity.kpi,
        {{ days_after('cast(inputs.exported_at as date)', '-maturity.age_days') }} as day,
        min(maturity.known_share) as known_share
    from maturity
    inner join inputs
        on maturity.kpi = inputs.kpi and maturity.table_name = inputs.table_name
    group by
        maturity.kpi, {{ days_after('cast(inputs.exported_at as date)', '-maturity.age_days') }}
),

lacking as (
    select
        days.kpi,
        calendar.grain,
        calendar.period_start,
        sum(1 - days.known_share) as days_lacking
    from days
    inner join calendar
        on days.day = calendar.date_day
    group by days.kpi, calendar.grain, calendar.period_start
),

first_ages as (
    select kpi, table_name, min(age_days) as first_age
    from maturity
    group by kpi, table_name
),

-- Of days younger than any that was followed, nothing is expected.
learned as (
    select
        first_ages.kpi,
        min(case
            when
                inputs.covered_to
                > {{ days_after('cast(inputs.exported_at as date)', '-first_ages.first_age') }}
                then {{ days_after(
                    'cast(inputs.exported_at as date)', '-first_ages.first_age'
                ) }}
        end) as learned_to
    from first_ages
    inner join inputs
        on first_ages.kpi = inputs.kpi and first_ages.table_name = inputs.table_name
    group by first_ages.kpi
),

expected as (
    select
        learned.kpi,
        periods.grain,
        periods.period_start,
        coalesce(lacking.days_lacking, 0) as days_lacking,
        cast({{ days_between(
            'periods.period_start',
            'least(' ~ days_after('periods.period_end', 1) ~ ', ' ~ as_of_date() ~ ')'
        ) }} as decimal(18, 0)) as days
    from learned
    cross join periods
    left join lacking
        on
            learned.kpi = lacking.kpi
            and periods.grain = lacking.grain
            and periods.period_start = lacking.period_start
    where periods.period_end <= coalesce(learned.learned_to, periods.period_end)
)

select
    kpi,
    grain,
    period_start,
    cast(
        1 - {{ kpi_ratio('cast(days_lacking as decimal(28, 6))', 'days', unit_scale=6) }}
        as decimal(38, 6)
    ) as expected_completeness
from expected
