with

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
        label,
        unit,
        better,
        target,
        progress,
        status,
        status_rank,
        previous_value,
        change,
        change_ratio,
        last_year_value,
        last_year_change,
        benchmark,
        display_value,
        display_target,
        owner,
        freshness_hours,
        is_stale,
        lower_value,
        upper_value,
        tolerance,
        target_origin,
        original_target,
        original_status,
        target_to_date,
        pace,
        projected_value,
        projected_status
    from {{ ref('kpi_compared') }}
    where is_latest
),

elapsed as (
    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        elapsed_state,
        elapsed_days,
        elapsed_value,
        previous_elapsed_value,
        last_year_elapsed_value
    from {{ ref('kpi_elapsed') }}
)

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
    compared.label,
    compared.unit,
    compared.better,
    compared.target,
    compared.progress,
    compared.status,
    compared.status_rank,
    compared.previous_value,
    compared.change,
    compared.change_ratio,
    compared.last_year_value,
    compared.last_year_change,
    coalesce(elapsed.elapsed_state, 'whole_period') as elapsed_state,
    cast(elapsed.elapsed_days as bigint) as elapsed_days,
    cast(elapsed.elapsed_value as decimal(38, 6)) as elapsed_value,
    cast(elapsed.previous_elapsed_value as decimal(38, 6)) as previous_elapsed_value,
    cast(elapsed.last_year_elapsed_value as decimal(38, 6)) as last_year_elapsed_value,
    compared.benchmark,
    compared.display_value,
    compared.display_target,
    compared.owner,
    compared.freshness_hours,
    compared.is_stale,
    compared.lower_value,
    compared.upper_value,
    compared.tolerance,
    compared.target_origin,
    compared.original_target,
    compared.original_status,
    compared.target_to_date,
    compared.pace,
    compared.projected_value,
    compared.projected_status
from compared
left join elapsed
    on
        compared.kpi = elapsed.kpi
        and compared.grain = elapsed.grain
        and compared.period_start = elapsed.period_start
        and compared.slice = elapsed.slice
        and compared.slice_value = elapsed.slice_value
