{{ config(materialized='table') }}

{#- Where the business sells without subscriptions, a payment makes a customer for so many days. -#}
{%- set days_paid_for = 365 -%}
{%- set never = "cast('9999-12-31' as date)" -%}

with

subscriptions as (

    select * from {{ ref('int_finance__subscriptions_unioned') }}

),

priced_subscriptions as (

    select * from {{ ref('int_finance__subscriptions_priced') }}

),

payments as (

    select * from {{ ref('int_finance__payments_unioned') }}

),

customers as (

    select * from {{ ref('int_crm__customers_matched') }}

),

intervals as (

    select
        customer_id,
        subscription_id as interval_id,
        plan,
        start_date,
        coalesce(end_date, {{ never }}) as end_date,
        _landing_id,
        _row_number

    from priced_subscriptions

    union all

    select
        customers.customer_id,
        payments.payment_id as interval_id,
        {{ as_text('null') }} as plan,
        payments.payment_date as start_date,
        {{ days_after('payments.payment_date', days_paid_for) }} as end_date,
        payments._landing_id,
        payments._row_number

    from payments
    inner join customers on payments.source_customer_id = customers.source_customer_id
    where
        payments.status in ('paid', 'partially_refunded')
        and payments.amount > 0
        and (select count(*) from subscriptions) = 0

),

covered as (

    select
        *,
        max(end_date) over (
            partition by customer_id
            order by start_date asc nulls last, end_date asc nulls last, interval_id asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as covered_until

    from intervals

),

-- The end is the first day that is not paid for, so an interval that starts on it is adjacent.
numbered as (

    select
        *,
        cast(
            sum(
                case when covered_until is null or start_date > covered_until then 1 else 0 end
            ) over (
                partition by customer_id
                order by
                    start_date asc nulls last,
                    end_date asc nulls last,
                    interval_id asc nulls last
                rows between unbounded preceding and current row
            ) as integer
        ) as island_number

    from covered

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, island_number
            order by start_date asc nulls last, end_date asc nulls last, interval_id asc nulls last
        ) as from_the_start,
        row_number() over (
            partition by customer_id, island_number
            order by end_date desc nulls last, start_date asc nulls last, interval_id asc nulls last
        ) as from_the_end

    from numbered

),

islands as (

    select
        customer_id,
        island_number,
        min(start_date) as paying_from,
        nullif(max(end_date), {{ never }}) as paying_until,
        max(case when from_the_start = 1 then plan end) as plan,
        max(case when from_the_start = 1 then _landing_id end) as start_landing_id,
        max(case when from_the_start = 1 then _row_number end) as start_row_number,
        max(case when from_the_end = 1 then _landing_id end) as end_landing_id,
        max(case when from_the_end = 1 then _row_number end) as end_row_number

    from ranked
    group by customer_id, island_number

)

select * from islands
