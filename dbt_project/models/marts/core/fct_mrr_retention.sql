{#- From this day on, "twelve months ago" is on or after the day of a change. -#}
{%- set day_after = days_after('change_date', 1) -%}
{%- set year_later = months_after(day_after, 12) -%}

with

changes as (

    select *
    from {{ ref('fct_subscription_mrr') }}
    where change_date < {{ as_of_date() }}

),

-- Twelve months that end on a day begin on the next day, a year before: what was at the end of the
-- day before that one is what was twelve months ago. A 29 February has no such day in other years.
counted as (

    select
        *,
        change_date as effect_date,
        mrr_amount_reporting as now_change,
        0 as then_change
    from changes

    union all

    select
        *,
        case
            when {{ months_after(year_later, -12) }} < {{ day_after }} then {{ year_later }}
            else {{ days_after(year_later, -1) }}
        end as effect_date,
        0 as now_change,
        mrr_amount_reporting as then_change
    from changes

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, effect_date
            order by change_date desc nulls last, mrr_change_id desc nulls last
        ) as from_the_end
    from counted
    where effect_date < {{ as_of_date() }}

),

of_days as (

    select
        customer_id,
        effect_date,
        max(region) as region,
        max(segment) as segment,
        sum(now_change) as now_change,
        sum(then_change) as then_change,
        max(case when from_the_end = 1 then _landing_id end) as _landing_id,
        max(case when from_the_end = 1 then _row_number end) as _row_number
    from ranked
    group by customer_id, effect_date

),

stood as (

    select
        *,
        sum(now_change) over (
            partition by customer_id
            order by effect_date asc nulls last
            rows between unbounded preceding and current row
        ) as mrr_now,
        sum(then_change) over (
            partition by customer_id
            order by effect_date asc nulls last
            rows between unbounded preceding and current row
        ) as mrr_then
    from of_days

),

kept as (

    select
        *,
        case when mrr_then > 0 then mrr_now else 0 end as retained,
        least(mrr_now, mrr_then) as retained_capped
    from stood

),

changed as (

    select
        *,
        retained - coalesce(lag(retained) over (
            partition by customer_id order by effect_date asc nulls last
        ), 0) as retained_change,
        retained_capped - coalesce(lag(retained_capped) over (
            partition by customer_id order by effect_date asc nulls last
        ), 0) as retained_capped_change
    from kept

)

select
    {{ joined_key(['customer_id', 'effect_date']) }} as mrr_retention_id,
    customer_id,
    effect_date as change_date,
    region,
    segment,
    cast(then_change as decimal(28, 6)) as mrr_then_change_reporting,
    cast(retained_change as decimal(28, 6)) as retained_change_reporting,
    cast(retained_capped_change as decimal(28, 6)) as retained_capped_change_reporting,
    _landing_id,
    _row_number

from changed
where then_change <> 0 or retained_change <> 0 or retained_capped_change <> 0
