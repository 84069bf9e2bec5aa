with

targets as (

    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        spread
    from {{ ref('stg_targets__kpi_targets') }}
    where spread is not null and spread <> 'none'

),

definitions as (

    select
        kpi,
        additive
    from {{ ref('dim_kpi') }}

),

seasons as (

    select season
    from {{ ref('stg_targets__season_weights') }}
    group by season
    having sum(weight) > 0

)

select
    targets.kpi,
    targets.grain,
    targets.period_start,
    targets.slice,
    targets.slice_value,
    targets.spread

from targets

inner join definitions
    on targets.kpi = definitions.kpi

left join seasons
    on targets.spread = seasons.season

where
    case
        when definitions.additive = 'time_and_slices'
            then targets.spread not in ('working_days', 'days') and seasons.season is null
        else targets.spread <> 'same'
    end
