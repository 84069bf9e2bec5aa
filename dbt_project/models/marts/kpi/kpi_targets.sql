{%- set figures = [
    'target', 'lower_value', 'upper_value', 'original_target', 'original_lower_value',
    'original_upper_value',
] %}
{%- set line = 'line_id, kpi, slice, slice_value, level, holder' %}

with

stated as (
    select
        {{ line }}, part_of, grain, period_start, target, lower_value, upper_value, tolerance,
        original_target, original_lower_value, original_upper_value, valid_from, version, spread
    from {{ ref('kpi_targets_stated') }}
),

daily as (
    select line_id, figure, date_day, from_grain, from_period_start, from_rank, amount
    from {{ ref('kpi_targets_daily') }}
),

definitions as (
    select kpi, grains, additive
    from {{ ref('dim_kpi') }}
),

calendar as (
    select
        date_day
        {%- for grain in kpi_grains() if grain != 'day' %},
        {{ kpi_period_columns(grain) | join(', ') }}
        {%- endfor %}
    from {{ ref('dim_date') }}
),

days_of_periods as (
    {%- for grain in kpi_grains() %}
    {%- set first_day, last_day = kpi_period_columns(grain) %}
    select
        '{{ grain }}' as grain,
        {{ loop.index }} as grain_rank,
        {{ first_day }} as period_start,
        {{ last_day }} as period_end,
        date_day
    from calendar
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

lines as (
    select distinct {{ line }}
    from stated
),

-- A period has the sum of its days, once every one of them has a share.
summed as (
    select
        daily.line_id,
        periods.grain,
        periods.period_start,
        {%- for figure in figures %}
        case
            when count(case when daily.figure = '{{ figure }}' then 1 end)
                = {{ days_between('periods.period_start', 'periods.period_end') }} + 1
                then sum(case when daily.figure = '{{ figure }}' then daily.amount end)
        end as {{ figure }},
        {%- endfor %}
        max(case when daily.figure = 'target' then daily.from_rank end) as from_rank,
        min(sources.tolerance) as tolerance,
        max(sources.valid_from) as valid_from,
        max(sources.version) as version,
        max(sources.part_of) as part_of
    from daily
    inner join days_of_periods as periods
        on daily.date_day = periods.date_day
    inner join stated as sources
        on
            daily.line_id = sources.line_id
            and daily.from_grain = sources.grain
            and daily.from_period_start = sources.period_start
    group by daily.line_id, periods.grain, periods.period_start, periods.period_end
),

-- What the stated shorter ones, which fill it, come to.
filled as (
    select summed.line_id, summed.grain, summed.period_start, summed.target as periods_target
    from summed
    inner join (select distinct grain, grain_rank from days_of_periods) as grains
        on summed.grain = grains.grain
    where summed.from_rank < grains.grain_rank
),

-- What holds in each part is, of a shorter period, that of the shortest one around it.
around as (
    select
        stated.line_id,
        periods.grain,
        periods.period_start,
        {%- for figure in figures %}
        stated.{{ figure }},
        {%- endfor %}
        stated.tolerance,
        stated.valid_from,
        stated.version,
        stated.part_of,
        row_number() over (
            partition by stated.line_id, periods.grain, periods.period_start
            order by longer.grain_rank nulls last
        ) as place
    from stated
    inner join (
        select distinct grain, grain_rank, period_start, period_end from days_of_periods
    ) as longer
        on stated.grain = longer.grain and stated.period_start = longer.period_start
    inner join (
        select distinct grain, grain_rank, period_start, period_end from days_of_periods
    ) as periods
        on
            longer.grain_rank > periods.grain_rank
            and longer.period_start <= periods.period_start
            and longer.period_end >= periods.period_end
    where stated.spread = 'same'
),

derived as (
    select
        line_id, grain, period_start,
        {%- for figure in figures %} {{ figure }},{% endfor %}
        tolerance, valid_from, version, part_of
    from summed
    where target is not null

    union all

    select
        line_id, grain, period_start,
        {%- for figure in figures %} {{ figure }},{% endfor %}
        tolerance, valid_from, version, part_of
    from around
    where place = 1
),

in_force as (
    select
        {{ line }}, part_of, grain, period_start,
        {%- for figure in figures %} {{ figure }},{% endfor %}
        tolerance, valid_from, version, 'stated' as origin
    from stated

    union all

    select
        lines.line_id,
        lines.kpi,
        lines.slice,
        lines.slice_value,
        lines.level,
        lines.holder,
        derived.part_of,
        derived.grain,
        derived.period_start,
        {%- for figure in figures %}
        derived.{{ figure }},
        {%- endfor %}
        derived.tolerance,
        derived.valid_from,
        derived.version,
        'derived' as origin
    from derived
    inner join lines
        on derived.line_id = lines.line_id
    inner join definitions
        on lines.kpi = definitions.kpi
    left join stated
        on
            derived.line_id = stated.line_id
            and derived.grain = stated.grain
            and derived.period_start = stated.period_start
    where
        stated.line_id is null
        and (', ' || definitions.grains || ',') like ('%, ' || derived.grain || ',%')
),

-- A holder with one target in a period is a part of the whole by it, whatever it is a slice of.
parts as (
    select
        kpi, grain, period_start, slice, slice_value, level, part_of, target,
        count(*) over (partition by kpi, grain, period_start, level, holder) as targets_of_holder
    from in_force
    where level <> 'company' and holder <> ''
),

parts_of_cells as (
    select
        kpi, grain, period_start, slice, slice_value, part_of,
        case level when 'team' then 'company' else 'team' end as level,
        target
    from parts

    union all

    select
        kpi, grain, period_start, 'total' as slice, '' as slice_value, part_of,
        case level when 'team' then 'company' else 'team' end as level,
        target
    from parts
    where slice <> 'total' and targets_of_holder = 1
),

parts_summed as (
    select kpi, grain, period_start, slice, slice_value, level, part_of, sum(target) as target
    from parts_of_cells
    where not (level = 'team' and part_of = '')
    group by kpi, grain, period_start, slice, slice_value, level, part_of
)

select
    in_force.kpi,
    in_force.grain,
    in_force.period_start,
    in_force.slice,
    in_force.slice_value,
    in_force.level,
    in_force.holder,
    in_force.part_of,
    cast(in_force.target as decimal(38, 6)) as target,
    cast(in_force.lower_value as decimal(38, 6)) as lower_value,
    cast(in_force.upper_value as decimal(38, 6)) as upper_value,
    cast(in_force.tolerance as decimal(7, 6)) as tolerance,
    in_force.valid_from,
    cast(in_force.version as bigint) as version,
    in_force.origin,
    cast(in_force.original_target as decimal(38, 6)) as original_target,
    cast(in_force.original_lower_value as decimal(38, 6)) as original_lower_value,
    cast(in_force.original_upper_value as decimal(38, 6)) as original_upper_value,
    cast(case when in_force.origin = 'stated' then filled.periods_target end as decimal(38, 6))
        as periods_target,
    cast(
        case when definitions.additive <> 'none' then parts_summed.target end as decimal(38, 6)
    ) as parts_target
from in_force
left join definitions
    on in_force.kpi = definitions.kpi
left join filled
    on
        in_force.line_id = filled.line_id
        and in_force.grain = filled.grain
        and in_force.period_start = filled.period_start
left join parts_summed
    on
        in_force.kpi = parts_summed.kpi
        and in_force.grain = parts_summed.grain
        and in_force.period_start = parts_summed.period_start
        and in_force.slice = parts_summed.slice
        and in_force.slice_value = parts_summed.slice_value
        and in_force.level = parts_summed.level
        and in_force.holder = parts_summed.part_of
