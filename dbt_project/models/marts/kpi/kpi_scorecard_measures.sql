-- Each KPI of a scorecard in each period that is over, judged as everywhere else.
with

measures as (
    select scorecard, grain, score_by, place, perspective, kpi, weight
    from {{ source('landed', 'scorecard_measures') }}
),

periods as (
    select grain, period_start, period_end
    from {{ ref('kpi_periods') }}
    where period_end < {{ as_of_date() }}
),

completeness as (
    select kpi, grain, period_start, expected_completeness
    from {{ ref('kpi_completeness') }}
),

definitions as (
    select kpi, better
    from {{ ref('dim_kpi') }}
),

targets as (
    select kpi, grain, period_start, target, lower_value, upper_value, tolerance
    from {{ ref('kpi_targets_of_cells') }}
    where slice = 'total'
),

figures as (
    select
        figures.kpi,
        figures.grain,
        figures.period_start,
        figures.value,
        {{ kpi_is_mature('figures', 'completeness') }} as is_mature
    from {{ ref('kpi_values') }} as figures
    left join completeness
        on
            figures.kpi = completeness.kpi
            and figures.grain = completeness.grain
            and figures.period_start = completeness.period_start
    where figures.slice = 'total'
),

-- A scorecard begins with the first figure of any of its KPIs.
beginnings as (
    select measures.scorecard, min(figures.period_start) as period_start
    from measures
    inner join figures
        on measures.kpi = figures.kpi and measures.grain = figures.grain
    group by measures.scorecard
),

compared as (
    select
        measures.scorecard,
        measures.grain,
        periods.period_start,
        periods.period_end,
        measures.place,
        measures.perspective,
        measures.kpi,
        measures.weight,
        measures.score_by,
        figures.value,
        coalesce(figures.is_mature, false) as is_mature,
        case when figures.is_mature then figures.value end as judged_value,
        targets.target,
        targets.lower_value,
        targets.upper_value,
        targets.tolerance,
        definitions.better
    from measures
    inner join beginnings
        on measures.scorecard = beginnings.scorecard
    inner join periods
        on measures.grain = periods.grain and beginnings.period_start <= periods.period_start
    left join definitions
        on measures.kpi = definitions.kpi
    left join figures
        on
            measures.kpi = figures.kpi
            and measures.grain = figures.grain
            and periods.period_start = figures.period_start
    left join targets
        on
            measures.kpi = targets.kpi
            and measures.grain = targets.grain
            and periods.period_start = targets.period_start
),

judged as (
    select
        compared.scorecard,
        compared.grain,
        compared.period_start,
        compared.period_end,
        compared.place,
        compared.perspective,
        compared.kpi,
        compared.weight,
        compared.score_by,
        compared.value,
        compared.is_mature,
        compared.target,
        -- A range, and what is neither better up nor down, can be passed on both sides.
        compared.better <> 'neutral' and compared.lower_value is null and compared.upper_value is null
            as has_a_direction,
        {{ kpi_progress('compared.judged_value', 'compared.target', 'compared.better') }} as progress,
        {{ kpi_status('compared.judged_value', 'compared', 'compared.target',
            'compared.lower_value', 'compared.upper_value') }} as status
    from compared
),

scored as (
    select
        scorecard,
        grain,
        period_start,
        period_end,
        place,
        perspective,
        kpi,
        weight,
        value,
        is_mature,
        target,
        progress,
        status,
        case
            when status in ('no_target', 'no_data') then null
            when score_by = 'progress' and has_a_direction and progress is not null
                then {{ kpi_as_share('progress') }}
            when status = 'on_track' then 1
            when status = 'at_risk' then cast(0.5 as decimal(7, 6))
            else 0
        end as score
    from judged
)

select
    scorecard,
    grain,
    period_start,
    period_end,
    place,
    perspective,
    kpi,
    cast(weight as decimal(7, 6)) as weight,
    value,
    is_mature,
    target,
    progress,
    status,
    {{ kpi_status_rank('status') }} as status_rank,
    cast(score as decimal(7, 6)) as score
from scored
