{{ config(materialized='table', schema='intermediate') }}

with

completeness as (
    select kpi, grain, period_start, expected_completeness
    from {{ ref('kpi_completeness') }}
),

-- A figure of which less is known than this is not judged: it will change by itself.
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
        figures.is_complete
        and coalesce(completeness.expected_completeness, 1) >= 0.95 as is_mature
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
    select kpi, grain, period_start, slice, slice_value, target
    from {{ ref('kpi_targets') }}
    where level = 'company' and holder = ''
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
        targets.target,
        previous.value as previous_value,
        shown.value - previous.value as change,
        last_year.value as last_year_value,
        shown.value - last_year.value as last_year_change,
        case when shown.is_mature then shown.value end as judged_value
    from shown
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
        compared.target,
        compared.previous_value,
        compared.change,
        compared.last_year_value,
        compared.last_year_change,
        compared.judged_value,
        definitions.label,
        definitions.unit,
        definitions.better,
        definitions.benchmark,
        definitions.owner,
        case
            when compared.target is null then 'no_target'
            when compared.judged_value is null then 'no_data'
            when definitions.better = 'up' and compared.judged_value >= compared.target
                then 'on_track'
            when definitions.better = 'down' and compared.judged_value <= compared.target
                then 'on_track'
            when abs(compared.judged_value - compared.target) <= abs(compared.target) * 0.1
                then case when definitions.better = 'neutral' then 'on_track' else 'at_risk' end
            else 'off_track'
        end as status,
        {%- set end_of_day = 'cast(' ~ days_after(as_of_date(), 1) ~ ' as timestamp)' %}
        cast({{ dbt.datediff('freshness.exported_at', end_of_day, 'hour') }} as bigint)
            as freshness_hours,
        definitions.stale_after_hours,
        {{ kpi_digits('compared.value', 'definitions.unit') }} as value_digits,
        {{ kpi_digits('compared.target', 'definitions.unit') }} as target_digits
    from compared
    inner join definitions
        on compared.kpi = definitions.kpi
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
    -- Above 1 is better than the target in either direction; a negative target has no share.
    case
        when target > 0 and judged_value >= 0 and better = 'down'
            then {{ kpi_ratio('target', 'judged_value', unit_scale=6) }}
        when target > 0 and better <> 'down'
            then {{ kpi_ratio('judged_value', 'target', unit_scale=6) }}
    end as progress,
    status,
    cast(case status
        when 'off_track' then 1
        when 'at_risk' then 2
        when 'no_data' then 3
        when 'no_target' then 4
        else 5
    end as bigint) as status_rank,
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
    is_latest,
    is_scorecard
from judged
