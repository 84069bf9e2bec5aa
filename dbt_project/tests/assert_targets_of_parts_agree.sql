with

targets as (

    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        level,
        target,
        parts_target
    from {{ ref('kpi_targets') }}
    where origin = 'stated'

)

select
    kpi,
    grain,
    period_start,
    slice,
    slice_value,
    level,
    target as stated_amount,
    parts_target as parts_amount,
    parts_target - target as difference_amount

from targets

where parts_target <> target
