{{ config(materialized='table', schema='intermediate') }}

with

figures as (
    select distinct kpi, grain, period_start, period_end
    from {{ ref('kpi_values') }}
    where slice = 'total' and not is_complete
),

definitions as (
    select kpi
    from {{ ref('dim_kpi') }}
    where additive = 'time_and_slices'
),

coverage as (
    select kpi, min(covered_to) as covered_to
    from {{ ref('kpi_inputs') }}
    where is_active
    group by kpi
),

calendar as (
    select date_day, case when is_weekend then 0 else 1 end as working_days
    from {{ ref('dim_date') }}
),

running as (
    select
        figures.kpi,
        figures.grain,
        figures.period_start,
        figures.period_end,
        least(
            figures.period_end,
            {{ days_after(as_of_date(), -1) }},
            coalesce(coverage.covered_to, figures.period_end)
        ) as known_to
    from figures
    inner join definitions
        on figures.kpi = definitions.kpi
    left join coverage
        on figures.kpi = coverage.kpi
)

select
    running.kpi,
    running.grain,
    running.period_start,
    running.period_end,
    running.known_to,
    cast(sum(calendar.working_days) as decimal(9, 0)) as working_days,
    cast(sum(
        case when calendar.date_day <= running.known_to then calendar.working_days else 0 end
    ) as decimal(9, 0)) as working_days_so_far
from running
inner join calendar
    on calendar.date_day between running.period_start and running.period_end
where running.known_to >= running.period_start
group by
    running.kpi, running.grain, running.period_start, running.period_end, running.known_to
