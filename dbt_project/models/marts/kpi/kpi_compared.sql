{{ config(materialized='table', schema='intermediate') }}

with

completeness as (
    select kpi, grain, period_start, expected_completeness
    from {{ ref('kpi_completeness') }}
),

figures as (
    select
        figures.kpi,
        figures.grain,
        figures.period_start,
        figures.period_end,
        figures.slice,
        figures.slice_value,
        figures.value,
        figures.numerator,
        figures.denominator,
        figures.is_complete,
        figures.is_provisional,
        completeness.expected_completeness,
        {{ kpi_is_mature('figures', 'completeness') }} as is_mature
    from {{ ref('kpi_values') }} as figures
    left join completeness
        on
            figures.kpi = completeness.kpi
            and figures.grain = completeness.grain
            and figures.period_start = completeness.period_start
),

periods as (
    select grain, period_start, previous_period_start, last_year_period_start
    from {{ ref('kpi_periods') }}
),

definitions as (
    select kpi, label, unit, better, benchmark, owner, stale_after_hours
    from {{ ref('dim_kpi') }}
),

targets as (
    select
        kpi, grain, period_start, slice, slice_value, target, lower_value, upper_value, tolerance,
        origin, original_target, original_lower_value, original_upper_value
    from {{ ref('kpi_targets_of_cells') }}
),

running as (
    select kpi, grain, period_start, period_end, known_to, working_days, working_days_so_far
    from {{ ref('kpi_running') }}
),

freshness as (
    select kpi, min(exported_at) as exported_at
    from {{ ref('kpi_inputs') }}
    where is_active
    group by kpi
),

-- The last periods that there are figures of; the total has no gaps.
newest as (
    select
        kpi,
        grain,
        period_start,
        row_number() over (partition by kpi, grain order by period_start desc nulls last) as age
    from figures
    where slice = 'total'
),

last_complete as (
    select kpi, grain, max(period_start) as period_start
    from figures
    where slice = 'total' and is_mature
    group by kpi, grain
),

shown as (
    select
        figures.kpi,
        figures.grain,
        figures.period_start,
        figures.period_end,
        figures.slice,
        figures.slice_value,
        figures.value,
        figures.numerator,
        figures.denominator,
        figures.is_complete,
        figures.is_provisional,
        figures.expected_completeness,
        figures.is_mature,
        -- A period is compared with complete ones, and only when it is complete itself.
        case when figures.is_complete then periods.previous_period_start end
            as previous_period_start,
        case when figures.is_complete then periods.last_year_period_start end
            as last_year_period_start,
        newest.age <= 13 as is_latest,
        figures.slice = 'total' and newest.age = 1 and not figures.is_complete as is_running,
        figures.slice = 'total'
        and figures.period_start is not distinct from last_complete.period_start as is_scorecard
    from figures
    inner join periods
        on figures.grain = periods.grain and figures.period_start = periods.period_start
    inner join newest
        on
            figures.kpi = newest.kpi
            and figures.grain = newest.grain
            and figures.period_start = newest.period_start
    left join last_complete
        on figures.kpi = last_complete.kpi and figures.grain = last_complete.grain
    where
        newest.age <= 13
        or (figures.slice = 'total' and figures.period_start = last_complete.period_start)
),

-- Only where every day of the period has a share of its target.
targets_so_far as (
    select
        running.kpi,
        running.grain,
        running.period_start,
        days.slice,
        days.slice_value,
        sum(days.target) as all_days,
        sum(case when days.period_start <= running.known_to then days.target else 0 end)
            as days_so_far
    from running
    inner join targets as days
        on
            running.kpi = days.kpi
            and days.grain = 'day'
            and days.period_start between running.period_start and running.period_end
    group by
        running.kpi, running.grain, running.period_start, running.period_end, days.slice,
        days.slice_value
    having count(*) = {{ days_between('running.period_start', 'running.period_end') }} + 1
),

complete as (
    select kpi, grain, period_start, slice, slice_value, value
    from figures
    where is_complete
),

compared as (
    select
        shown.kpi,
        shown.grain,
        shown.period_start,
        shown.period_end,
        shown.slice,
        shown.slice_value,
        shown.value,
        shown.numerator,
        shown.denominator,
        shown.is_complete,
        shown.is_provisional,
        shown.expected_completeness,
        shown.is_latest,
        shown.is_scorecard,
        shown.is_running,
        targets.target,
        targets.lower_value,
        targets.upper_value,
        targets.tolerance,
        targets.origin as target_origin,
        targets.original_target,
        targets.original_lower_value,
        targets.original_upper_value,
        cast(case when not shown.is_complete then targets_so_far.days_so_far end as decimal(38, 6))
            as target_to_date,
        case
            when shown.is_complete then null
            when targets_so_far.days_so_far > 0 and targets_so_far.all_days > 0
                then cast(
                    try_cast(shown.value as decimal(22, 6)) * try_cast({{ kpi_ratio(
                        'targets_so_far.all_days', 'targets_so_far.days_so_far', unit_scale=6
                    ) }} as decimal(15, 6)) as decimal(38, 6)
                )
            else {{ kpi_ratio(
                'try_cast(shown.value as decimal(22, 6)) * running.working_days',
                'running.working_days_so_far',
                unit_scale=6
            ) }}
        end as projected_value,
        previous.value as previous_value,
        shown.value - previous.value as change,
        last_year.value as last_year_value,
        shown.value - last_year.value as last_year_change,
        case when shown.is_mature then shown.value end as judged_value,
        definitions.label,
        definitions.unit,
        definitions.better,
        definitions.benchmark,
        definitions.owner,
        definitions.stale_after_hours
    from shown
    inner join definitions
        on shown.kpi = definitions.kpi
    left join complete as previous
        on
            shown.kpi = previous.kpi
            and shown.grain = previous.grain
            and shown.previous_period_start = previous.period_start
            and shown.slice = previous.slice
            and shown.slice_value = previous.slice_value
    left join complete as last_year
        on
            shown.kpi = last_year.kpi
            and shown.grain = last_year.grain
            and shown.last_year_period_start = last_year.period_start
            and shown.slice = last_year.slice
            and shown.slice_value = last_year.slice_value
    left join targets
        on
            shown.kpi = targets.kpi
            and shown.grain = targets.grain
            and shown.period_start = targets.period_start
            and shown.slice = targets.slice
            and shown.slice_value = targets.slice_value
    left join targets_so_far
        on
            shown.kpi = targets_so_far.kpi
            and shown.grain = targets_so_far.grain
            and shown.period_start = targets_so_far.period_start
            and shown.slice = targets_so_far.slice
            and shown.slice_value = targets_so_far.slice_value
    left join running
        on
            shown.kpi = running.kpi
            and shown.grain = running.grain
            and shown.period_start = running.period_start
),

judged as (
    select
        compared.kpi,
        compared.grain,
        compared.period_start,
        compared.period_end,
        compared.slice,
        compared.slice_value,
        compared.value,
        compared.numerator,
        compared.denominator,
        compared.is_complete,
        compared.is_provisional,
        compared.expected_completeness,
        compared.is_latest,
        compared.is_scorecard,
        compared.is_running,
        compared.target,
        compared.lower_value,
        compared.upper_value,
        compared.tolerance,
        compared.target_origin,
        compared.original_target,
        compared.target_to_date,
        compared.projected_value,
        compared.previous_value,
        compared.change,
        compared.last_year_value,
        compared.last_year_change,
        compared.judged_value,
        compared.label,
        compared.unit,
        compared.better,
        compared.benchmark,
        compared.owner,
        compared.stale_after_hours,
        {{ kpi_status('compared.judged_value', 'compared', 'compared.target',
            'compared.lower_value', 'compared.upper_value') }} as status,
        {{ kpi_status('compared.judged_value', 'compared', 'compared.original_target',
            'compared.original_lower_value', 'compared.original_upper_value') }}
            as original_status,
        case
            when compared.projected_value is not null and compared.target is not null
                then {{ kpi_status('compared.projected_value', 'compared', 'compared.target',
                    'compared.lower_value', 'compared.upper_value') }}
        end as projected_status,
        {%- set end_of_day = 'cast(' ~ days_after(as_of_date(), 1) ~ ' as timestamp)' %}
        cast({{ dbt.datediff('freshness.exported_at', end_of_day, 'hour') }} as bigint)
            as freshness_hours,
        {{ kpi_digits('compared.value', 'compared.unit') }} as value_digits,
        {{ kpi_digits('compared.target', 'compared.unit') }} as target_digits
    from compared
    left join freshness
        on compared.kpi = freshness.kpi
)

select
    kpi,
    grain,
    period_start,
    period_end,
    slice,
    slice_value,
    value,
    numerator,
    denominator,
    is_complete,
    is_provisional,
    expected_completeness,
    label,
    unit,
    better,
    target,
    {{ kpi_progress('judged_value', 'target', 'better') }} as progress,
    status,
    {{ kpi_status_rank('status') }} as status_rank,
    previous_value,
    cast(change as decimal(38, 6)) as change,
    {{ kpi_ratio('change', 'abs(previous_value)', unit_scale=6) }} as change_ratio,
    last_year_value,
    cast(last_year_change as decimal(38, 6)) as last_year_change,
    benchmark,
    {{ kpi_display('value', 'value_digits', 'unit', var('reporting_currency')) }} as display_value,
    {{ kpi_display('target', 'target_digits', 'unit', var('reporting_currency')) }}
        as display_target,
    owner,
    freshness_hours,
    coalesce(freshness_hours > stale_after_hours, true) as is_stale,
    lower_value,
    upper_value,
    tolerance,
    target_origin,
    original_target,
    original_status,
    target_to_date,
    {{ kpi_ratio('value', 'case when target_to_date > 0 then target_to_date end', unit_scale=6) }}
        as pace,
    cast(projected_value as decimal(38, 6)) as projected_value,
    projected_status,
    is_latest,
    is_scorecard,
    is_running
from judged
