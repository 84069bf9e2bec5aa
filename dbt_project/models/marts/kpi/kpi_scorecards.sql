-- What is not judged has no part in the score; how much that is, the coverage says.
with

cards as (
    select distinct scorecard, label, owner, score_by
    from {{ source('landed', 'scorecard_measures') }}
),

measures as (
    select scorecard, grain, period_start, period_end, weight, score
    from {{ ref('kpi_scorecard_measures') }}
),

summed as (
    select
        scorecard,
        grain,
        period_start,
        period_end,
        count(*) as measures,
        count(score) as measures_judged,
        sum(weight) as weight,
        sum(case when score is not null then weight end) as weight_judged,
        sum(weight * score) as weighted_score
    from measures
    group by scorecard, grain, period_start, period_end
),

scored as (
    select
        scorecard,
        grain,
        period_start,
        period_end,
        measures,
        measures_judged,
        cast({{ kpi_ratio('weighted_score', 'weight_judged', unit_scale=12) }} as decimal(7, 6)) as score,
        cast({{ kpi_ratio('coalesce(weight_judged, 0)', 'weight', unit_scale=6) }} as decimal(7, 6))
            as coverage
    from summed
),

judged as (
    select
        scored.scorecard,
        cards.label,
        cards.owner,
        cards.score_by,
        scored.grain,
        scored.period_start,
        scored.period_end,
        scored.measures,
        scored.measures_judged,
        scored.score,
        scored.coverage,
        -- Of statuses the nearest one; of progress, as of a target: reached, or within a tenth.
        case
            when scored.score is null or scored.coverage < 0.5 then 'no_data'
            when scored.score >= case cards.score_by when 'progress' then 1 else 0.75 end
                then 'on_track'
            when scored.score >= case cards.score_by when 'progress' then 0.9 else 0.25 end
                then 'at_risk'
            else 'off_track'
        end as status
    from scored
    inner join cards
        on scored.scorecard = cards.scorecard
)

select
    scorecard,
    label,
    owner,
    score_by,
    grain,
    period_start,
    period_end,
    score,
    coverage,
    status,
    {{ kpi_status_rank('status') }} as status_rank,
    cast(measures as bigint) as measures,
    cast(measures_judged as bigint) as measures_judged,
    lag(score) over (partition by scorecard order by period_start nulls last) as previous_score
from judged
