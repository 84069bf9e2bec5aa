-- Also, a longer one must not leave less than nothing for the days of which no shorter one speaks.
with

targets as (

    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        level,
        holder,
        target,
        periods_target
    from {{ ref('kpi_targets') }}
    where origin = 'stated'

),

stated as (

    select
        line_id,
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        level,
        holder,
        target
    from {{ ref('kpi_targets_stated') }}

),

left_of_it as (

    select
        line_id,
        from_grain,
        from_period_start,
        sum(amount) as target
    from {{ ref('kpi_targets_daily') }}
    where figure = 'target'
    group by line_id, from_grain, from_period_start

)

select
    kpi,
    grain,
    period_start,
    slice,
    slice_value,
    target as stated_amount,
    periods_target as shorter_ones_amount,
    periods_target - target as difference_amount

from targets

where periods_target <> target

union all

select
    stated.kpi,
    stated.grain,
    stated.period_start,
    stated.slice,
    stated.slice_value,
    stated.target as stated_amount,
    stated.target - left_of_it.target as shorter_ones_amount,
    -left_of_it.target as difference_amount

from stated

inner join left_of_it
    on
        stated.line_id = left_of_it.line_id
        and stated.grain = left_of_it.from_grain
        and stated.period_start = left_of_it.from_period_start

where
    (stated.target > 0 and left_of_it.target < 0)
    or (stated.target < 0 and left_of_it.target > 0)
