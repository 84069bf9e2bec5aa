{{ config(materialized='table', schema='intermediate') }}

with

targets as (
    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        target,
        lower_value,
        upper_value,
        tolerance,
        origin,
        original_target,
        original_lower_value,
        original_upper_value,
        level = 'company' and holder = '' as is_of_the_company,
        count(*) over (partition by kpi, grain, period_start, slice, slice_value) as targets_of_cell
    from {{ ref('kpi_targets') }}
)

select
    kpi,
    grain,
    period_start,
    slice,
    slice_value,
    target,
    lower_value,
    upper_value,
    tolerance,
    origin,
    original_target,
    original_lower_value,
    original_upper_value
from targets
where is_of_the_company or (slice <> 'total' and targets_of_cell = 1)
