with

targets as (
    select kpi, grain, period_start, slice, slice_value, level, target_value, valid_from, version
    from {{ ref('stg_targets__kpi_targets') }}
    where coalesce(valid_from, {{ as_of_date() }}) <= {{ as_of_date() }}
),

newest_first as (
    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        level,
        target_value,
        valid_from,
        version,
        row_number() over (
            partition by kpi, grain, period_start, slice, slice_value, level
            order by version desc nulls last, valid_from desc nulls last
        ) as place
    from targets
)

select
    kpi,
    grain,
    period_start,
    slice,
    slice_value,
    level,
    cast(target_value as decimal(38, 6)) as target,
    valid_from,
    cast(version as bigint) as version
from newest_first
where place = 1
