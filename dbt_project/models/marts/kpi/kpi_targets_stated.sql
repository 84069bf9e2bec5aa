{{ config(materialized='table', schema='intermediate') }}

with

targets as (
    select
        kpi, grain, period_start, slice, slice_value, level, holder, part_of, spread,
        target_value, lower_value, upper_value, tolerance, valid_from, version
    from {{ ref('stg_targets__kpi_targets') }}
    where coalesce(valid_from, {{ as_of_date() }}) <= {{ as_of_date() }}
),

definitions as (
    select kpi, additive
    from {{ ref('dim_kpi') }}
),

seasons as (
    select distinct season
    from {{ ref('stg_targets__season_weights') }}
    where weight > 0
),

placed as (
    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        level,
        holder,
        part_of,
        spread,
        target_value,
        lower_value,
        upper_value,
        tolerance,
        valid_from,
        version,
        row_number() over (
            partition by kpi, grain, period_start, slice, slice_value, level, holder
            order by version desc nulls last, valid_from desc nulls last
        ) as newest,
        row_number() over (
            partition by kpi, grain, period_start, slice, slice_value, level, holder
            order by version asc nulls first, valid_from asc nulls first
        ) as oldest
    from targets
)

select
    {{ digest(joined_key(
        ['in_force.kpi', 'in_force.slice', 'in_force.slice_value', 'in_force.level',
         'in_force.holder']
    )) }} as line_id,
    in_force.kpi,
    in_force.grain,
    in_force.period_start,
    in_force.slice,
    in_force.slice_value,
    in_force.level,
    in_force.holder,
    in_force.part_of,
    cast(in_force.target_value as decimal(38, 6)) as target,
    cast(in_force.lower_value as decimal(38, 6)) as lower_value,
    cast(in_force.upper_value as decimal(38, 6)) as upper_value,
    cast(coalesce(in_force.tolerance, 0.1) as decimal(7, 6)) as tolerance,
    cast(original.target_value as decimal(38, 6)) as original_target,
    cast(original.lower_value as decimal(38, 6)) as original_lower_value,
    cast(original.upper_value as decimal(38, 6)) as original_upper_value,
    in_force.valid_from,
    cast(in_force.version as bigint) as version,
    -- What does not add up over time cannot be shared out; it may hold in each part.
    case
        when definitions.additive = 'time_and_slices'
            then case
                when coalesce(in_force.spread, 'working_days') in ('working_days', 'days')
                    then coalesce(in_force.spread, 'working_days')
                when seasons.season is not null then in_force.spread
                else 'none'
            end
        when in_force.spread = 'same' then 'same'
        else 'none'
    end as spread
from placed as in_force
inner join placed as original
    on
        in_force.kpi = original.kpi
        and in_force.grain = original.grain
        and in_force.period_start = original.period_start
        and in_force.slice = original.slice
        and in_force.slice_value = original.slice_value
        and in_force.level = original.level
        and in_force.holder = original.holder
left join definitions
    on in_force.kpi = definitions.kpi
left join seasons
    on in_force.spread = seasons.season
where in_force.newest = 1 and original.oldest = 1
