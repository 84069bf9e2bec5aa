with

daily as (
    select
        component, behaviour, grain, period_start, period_end, slice, slice_value, amount
    from {{ ref('kpi_components_daily') }}
),

periods as (
    select grain, period_start, period_end, comparable_until
    from {{ ref('kpi_periods') }}
),

calendar as (
    {{ kpi_days_of_periods() }}
),

rolled_up as (
    select
        daily.component,
        daily.behaviour,
        periods.grain,
        periods.period_start,
        daily.slice,
        daily.slice_value,
        sum(daily.amount) as amount,
        sum(case when daily.period_end < periods.comparable_until then daily.amount end)
            as comparable_amount
    from daily
    inner join calendar
        on daily.period_start = calendar.date_day
    inner join periods
        on
            calendar.grain = periods.grain
            and calendar.period_start = periods.period_start
            -- What is of several days counts where all of them lie, and is never spread.
            and daily.period_end <= periods.period_end
    where daily.behaviour <> 'per_grain'
    group by
        daily.component,
        daily.behaviour,
        periods.grain,
        periods.period_start,
        daily.slice,
        daily.slice_value

    union all

    select
        component,
        behaviour,
        grain,
        period_start,
        slice,
        slice_value,
        amount,
        cast(null as decimal(38, 6)) as comparable_amount
    from daily
    where behaviour = 'per_grain'
),

-- The total says 0 where nothing happened, and a balance stands until it changes.
unbroken as (
    select
        component,
        behaviour,
        grain,
        slice,
        slice_value,
        min(period_start) as first_period_start
    from rolled_up
    where slice = 'total' or behaviour = 'balance'
    group by component, behaviour, grain, slice, slice_value
),

every_period as (
    select
        unbroken.component,
        unbroken.behaviour,
        periods.grain,
        periods.period_start,
        unbroken.slice,
        unbroken.slice_value
    from unbroken
    inner join periods
        on unbroken.grain = periods.grain and unbroken.first_period_start <= periods.period_start
),

filled as (
    select
        every_period.component,
        every_period.behaviour,
        every_period.grain,
        every_period.period_start,
        every_period.slice,
        every_period.slice_value,
        coalesce(rolled_up.amount, 0) as amount,
        coalesce(rolled_up.comparable_amount, 0) as comparable_amount,
        rolled_up.amount is not null as has_changed
    from every_period
    left join rolled_up
        on
            every_period.component = rolled_up.component
            and every_period.grain = rolled_up.grain
            and every_period.period_start = rolled_up.period_start
            and every_period.slice = rolled_up.slice
            and every_period.slice_value = rolled_up.slice_value
),

balances as (
    select
        component,
        behaviour,
        grain,
        period_start,
        slice,
        slice_value,
        cast(sum(amount) over (
            partition by component, grain, slice, slice_value
            order by period_start nulls last
            rows between unbounded preceding and current row
        ) as decimal(38, 6)) as amount,
        has_changed
    from filled
    where behaviour = 'balance'
)

select
    component,
    behaviour,
    grain,
    period_start,
    slice,
    slice_value,
    cast(amount as decimal(38, 6)) as amount,
    cast(comparable_amount as decimal(38, 6)) as comparable_amount
from filled
where behaviour <> 'balance'

union all

select
    component,
    behaviour,
    grain,
    period_start,
    slice,
    slice_value,
    cast(amount as decimal(38, 6)) as amount,
    cast(comparable_amount as decimal(38, 6)) as comparable_amount
from rolled_up
where behaviour <> 'balance' and slice <> 'total'

union all

select
    component,
    behaviour,
    grain,
    period_start,
    slice,
    slice_value,
    amount,
    amount as comparable_amount
from balances
where slice = 'total' or has_changed or amount <> 0
