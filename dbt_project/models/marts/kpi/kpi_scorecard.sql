-- Every KPI has its row at every grain, so that one without data is seen to have none.
with

definitions as (
    select kpi, label, unit, better, benchmark, owner
    from {{ ref('dim_kpi') }}
),

grains as (
    select grain
    from (
        values
        {%- for grain in kpi_grains() %} ('{{ grain }}'){{ "," if not loop.last }}{% endfor %}
    ) as named (grain)
),

compared as (
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
        target,
        progress,
        status,
        status_rank,
        previous_value,
        change,
        change_ratio,
        last_year_value,
        last_year_change,
        display_value,
        display_target,
        freshness_hours,
        is_stale,
        lower_value,
        upper_value,
        tolerance,
        target_origin,
        original_target,
        original_status
    from {{ ref('kpi_compared') }}
    where is_scorecard
),

running as (
    select
        kpi, grain, period_start, value, target, target_to_date, pace, projected_value,
        projected_status
    from {{ ref('kpi_compared') }}
    where is_running
)

select
    definitions.kpi,
    grains.grain,
    compared.period_start,
    compared.period_end,
    'total' as slice,
    '' as slice_value,
    compared.value,
    compared.numerator,
    compared.denominator,
    coalesce(compared.is_complete, false) as is_complete,
    coalesce(compared.is_provisional, true) as is_provisional,
    compared.expected_completeness,
    definitions.label,
    definitions.unit,
    definitions.better,
    compared.target,
    compared.progress,
    coalesce(compared.status, 'no_data') as status,
    coalesce(compared.status_rank, 3) as status_rank,
    compared.previous_value,
    compared.change,
    compared.change_ratio,
    compared.last_year_value,
    compared.last_year_change,
    definitions.benchmark,
    compared.display_value,
    compared.display_target,
    definitions.owner,
    compared.freshness_hours,
    coalesce(compared.is_stale, true) as is_stale,
    compared.lower_value,
    compared.upper_value,
    compared.tolerance,
    compared.target_origin,
    compared.original_target,
    coalesce(compared.original_status, 'no_data') as original_status,
    running.period_start as running_period_start,
    running.value as running_value,
    running.target as running_target,
    running.target_to_date as running_target_to_date,
    running.pace,
    running.projected_value,
    running.projected_status
from definitions
cross join grains
left join compared
    on definitions.kpi = compared.kpi and grains.grain = compared.grain
left join running
    on definitions.kpi = running.kpi and grains.grain = running.grain
