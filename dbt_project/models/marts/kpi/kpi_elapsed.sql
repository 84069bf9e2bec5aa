{{ config(materialized='table', schema='intermediate') }}

-- A period that is not complete, held against as many days of earlier ones as it has itself.
with

figures as (
    select kpi, grain, period_start, period_end, slice, slice_value, value, is_complete
    from {{ ref('kpi_values') }}
),

periods as (
    select grain, period_start, period_end, previous_period_start, last_year_period_start
    from {{ ref('kpi_periods') }}
),

definitions as (
    select kpi, additive = 'time_and_slices' and grains like 'day%' as is_sum_of_days
    from {{ ref('dim_kpi') }}
),

open_periods as (
    select
        figures.kpi,
        figures.grain,
        figures.period_start,
        figures.period_end,
        periods.previous_period_start,
        periods.last_year_period_start,
        definitions.is_sum_of_days
    from figures
    inner join periods
        on figures.grain = periods.grain and figures.period_start = periods.period_start
    inner join definitions
        on figures.kpi = definitions.kpi
    where figures.slice = 'total' and not figures.is_complete
),

-- The total has a row of every day that is known, also of one on which nothing happened.
complete_days as (
    select kpi, period_start as day
    from figures
    where grain = 'day' and slice = 'total' and is_complete
),

counted as (
    select
        open_periods.kpi,
        open_periods.grain,
        open_periods.period_start,
        open_periods.previous_period_start,
        open_periods.last_year_period_start,
        open_periods.is_sum_of_days,
        max(complete_days.day) as last_day,
        count(complete_days.day) as days
    from open_periods
    left join complete_days
        on
            open_periods.kpi = complete_days.kpi
            and complete_days.day between open_periods.period_start and open_periods.period_end
    group by
        open_periods.kpi,
        open_periods.grain,
        open_periods.period_start,
        open_periods.previous_period_start,
        open_periods.last_year_period_start,
        open_periods.is_sum_of_days
),

elapsed as (
    select
        kpi,
        grain,
        period_start,
        previous_period_start,
        last_year_period_start,
        last_day,
        days,
        case
            when not is_sum_of_days then 'not_additive'
            when days = 0 then 'no_day'
            when days < {{ days_between('period_start', 'last_day') }} + 1 then 'days_missing'
            else 'compared'
        end as elapsed_state
    from counted
),

-- Of an earlier period that has fewer days, all of them.
spans as (
    select kpi, grain, period_start, 'elapsed' as span, period_start as first_day, last_day
    from elapsed
    where elapsed_state = 'compared'
    {%- for span in ['previous', 'last_year'] %}

    union all

    select
        elapsed.kpi,
        elapsed.grain,
        elapsed.period_start,
        '{{ span }}' as span,
        earlier.period_start as first_day,
        least({{ days_after('earlier.period_start', 'elapsed.days - 1') }}, earlier.period_end)
            as last_day
    from elapsed
    inner join periods as earlier
        on
            elapsed.grain = earlier.grain
            and elapsed.{{ span }}_period_start = earlier.period_start
    where elapsed.elapsed_state = 'compared'
    {%- endfor %}
),

-- Spans of which every day is known: without one of them, a sum is no comparison.
known as (
    select spans.kpi, spans.grain, spans.period_start, spans.span, spans.first_day, spans.last_day
    from spans
    inner join complete_days
        on
            spans.kpi = complete_days.kpi
            and complete_days.day between spans.first_day and spans.last_day
    group by
        spans.kpi, spans.grain, spans.period_start, spans.span, spans.first_day, spans.last_day
    having count(*) = {{ days_between('spans.first_day', 'spans.last_day') }} + 1
),

amounts as (
    select
        known.kpi,
        known.grain,
        known.period_start,
        known.span,
        figures.slice,
        figures.slice_value,
        sum(figures.value) as amount
    from known
    inner join figures
        on
            known.kpi = figures.kpi
            and figures.grain = 'day'
            and figures.period_start between known.first_day and known.last_day
    group by
        known.kpi,
        known.grain,
        known.period_start,
        known.span,
        figures.slice,
        figures.slice_value
)

select
    figures.kpi,
    figures.grain,
    figures.period_start,
    figures.slice,
    figures.slice_value,
    elapsed.elapsed_state,
    case when elapsed.elapsed_state = 'compared' then elapsed.days end as elapsed_days,
    -- Where the days are known, a slice without a row of them had nothing.
    {%- for span in ['elapsed', 'previous', 'last_year'] %}
    max(case when known.span = '{{ span }}' then coalesce(amounts.amount, 0) end)
        as {{ span ~ '_elapsed' if span != 'elapsed' else span }}_value{{ "," if not loop.last }}
    {%- endfor %}
from figures
inner join elapsed
    on
        figures.kpi = elapsed.kpi
        and figures.grain = elapsed.grain
        and figures.period_start = elapsed.period_start
left join known
    on
        figures.kpi = known.kpi
        and figures.grain = known.grain
        and figures.period_start = known.period_start
left join amounts
    on
        known.kpi = amounts.kpi
        and known.grain = amounts.grain
        and known.period_start = amounts.period_start
        and known.span = amounts.span
        and figures.slice = amounts.slice
        and figures.slice_value = amounts.slice_value
group by
    figures.kpi,
    figures.grain,
    figures.period_start,
    figures.slice,
    figures.slice_value,
    elapsed.elapsed_state,
    elapsed.days
