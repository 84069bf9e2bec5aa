-- How far each key result has come by the end of each period since its objective started.
with

results as (
    select
        scorecard, grain, objective, label, owner, starts, ends, place, kpi, slice, slice_value,
        baseline, target, weight
    from {{ source('landed', 'key_results') }}
),

periods as (
    select grain, period_start, period_end
    from {{ ref('kpi_periods') }}
),

completeness as (
    select kpi, grain, period_start, expected_completeness
    from {{ ref('kpi_completeness') }}
),

definitions as (
    select
        kpi,
        additive = 'time_and_slices' as is_cumulative,
        grains like 'day%' as has_days
    from {{ ref('dim_kpi') }}
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
        figures.is_complete,
        {{ kpi_is_mature('figures', 'completeness') }} as is_mature
    from {{ ref('kpi_values') }} as figures
    left join completeness
        on
            figures.kpi = completeness.kpi
            and figures.grain = completeness.grain
            and figures.period_start = completeness.period_start
),

-- Any period of which a day counts, up to now.
asked as (
    select
        results.scorecard,
        results.grain,
        results.objective,
        results.label,
        results.owner,
        results.starts,
        results.ends,
        results.place,
        results.kpi,
        results.slice,
        results.slice_value,
        results.baseline,
        results.target,
        results.weight,
        periods.period_start,
        periods.period_end,
        least(periods.period_end, results.ends, {{ days_after(as_of_date(), -1) }}) as last_day,
        coalesce(definitions.is_cumulative, false) as is_cumulative,
        -- What adds up is added up from its days, where it has them.
        case when definitions.has_days then 'day' else results.grain end as added_grain,
        coalesce(totals.is_mature, false) as is_mature
    from results
    inner join periods
        on
            results.grain = periods.grain
            and periods.period_end >= results.starts
            and periods.period_start <= results.ends
            and results.starts < {{ as_of_date() }}
    left join definitions
        on results.kpi = definitions.kpi
    left join figures as totals
        on
            results.kpi = totals.kpi
            and results.grain = totals.grain
            and periods.period_start = totals.period_start
            and totals.slice = 'total'
),

-- The total has a row of each day that is known: without one of them the sum is not known.
known as (
    select
        asked.scorecard,
        asked.objective,
        asked.place,
        asked.period_start
    from asked
    inner join figures as totals
        on
            asked.kpi = totals.kpi
            and asked.added_grain = totals.grain
            and totals.slice = 'total'
            and totals.is_complete
            and totals.period_start >= asked.starts
            and totals.period_end <= asked.last_day
    where asked.is_cumulative
    group by
        asked.scorecard, asked.objective, asked.place, asked.period_start, asked.starts,
        asked.last_day
    having
        sum({{ days_between('totals.period_start', 'totals.period_end') }} + 1)
        = {{ days_between('asked.starts', 'asked.last_day') }} + 1
),

added as (
    select
        asked.scorecard,
        asked.objective,
        asked.place,
        asked.period_start,
        sum(figures.value) as value
    from asked
    inner join figures
        on
            asked.kpi = figures.kpi
            and asked.added_grain = figures.grain
            and asked.slice = figures.slice
            and asked.slice_value = figures.slice_value
            and figures.period_start >= asked.starts
            and figures.period_end <= asked.last_day
    where asked.is_cumulative
    group by asked.scorecard, asked.objective, asked.place, asked.period_start
),

valued as (
    select
        asked.scorecard,
        asked.grain,
        asked.objective,
        asked.label,
        asked.owner,
        asked.starts,
        asked.ends,
        asked.place,
        asked.kpi,
        asked.slice,
        asked.slice_value,
        asked.baseline,
        asked.target,
        asked.weight,
        asked.period_start,
        asked.period_end,
        asked.last_day,
        asked.is_cumulative,
        asked.is_mature and (not asked.is_cumulative or known.place is not null) as is_mature,
        -- Where the days are known, a slice without a row of them had nothing.
        case
            when not asked.is_cumulative then figures.value
            when known.place is not null then coalesce(added.value, 0)
            else added.value
        end as value
    from asked
    left join figures
        on
            asked.kpi = figures.kpi
            and asked.grain = figures.grain
            and asked.period_start = figures.period_start
            and asked.slice = figures.slice
            and asked.slice_value = figures.slice_value
    left join known
        on
            asked.scorecard = known.scorecard
            and asked.objective = known.objective
            and asked.place = known.place
            and asked.period_start = known.period_start
    left join added
        on
            asked.scorecard = added.scorecard
            and asked.objective = added.objective
            and asked.place = added.place
            and asked.period_start = added.period_start
),

come as (
    select
        valued.*,
        case
            when is_mature then {{ kpi_ratio(
                'cast(value - baseline as decimal(38, 6))', 'cast(target - baseline as decimal(38, 6))',
                unit_scale=6
            ) }}
        end as way_come
    from valued
),

scored as (
    select
        come.*,
        {{ kpi_as_share('way_come') }} as progress
    from come
),

summed as (
    select
        scorecard,
        objective,
        period_start,
        sum(weight) as weight,
        sum(case when progress is not null then weight end) as weight_judged,
        sum(weight * progress) as weighted_progress
    from scored
    group by scorecard, objective, period_start
)

select
    scored.scorecard,
    scored.objective,
    scored.label,
    scored.owner,
    scored.starts,
    scored.ends,
    scored.grain,
    scored.period_start,
    scored.period_end,
    scored.place,
    scored.kpi,
    scored.slice,
    scored.slice_value,
    scored.baseline,
    scored.target,
    cast(scored.weight as decimal(7, 6)) as weight,
    scored.is_cumulative,
    scored.is_mature,
    cast(scored.value as decimal(38, 6)) as value,
    scored.progress,
    cast({{ kpi_ratio('summed.weighted_progress', 'summed.weight_judged', unit_scale=12) }} as decimal(7, 6))
        as objective_score,
    cast({{ kpi_ratio('coalesce(summed.weight_judged, 0)', 'summed.weight', unit_scale=6) }}
        as decimal(7, 6)) as objective_coverage,
    cast({{ kpi_ratio(
        'cast(' ~ days_between('scored.starts', 'scored.last_day') ~ ' + 1 as decimal(18, 0))',
        'cast(' ~ days_between('scored.starts', 'scored.ends') ~ ' + 1 as decimal(18, 0))',
        unit_scale=6
    ) }} as decimal(7, 6)) as time_passed
from scored
inner join summed
    on
        scored.scorecard = summed.scorecard
        and scored.objective = summed.objective
        and scored.period_start = summed.period_start
