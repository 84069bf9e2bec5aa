with

subscriptions as (

    select * from {{ ref('int_finance__subscriptions_unioned') }}

),

customers as (

    select * from {{ ref('int_crm__customers_matched') }}

),

dated as (

    select
        subscriptions.subscription_id,
        customers.customer_id,
        subscriptions.plan,
        subscriptions.currency_code,
        -- Nothing is paid before the trial is over.
        case
            when subscriptions.trial_ended_date > subscriptions.started_date
                then subscriptions.trial_ended_date
            else subscriptions.started_date
        end as start_date,
        -- A wish to cancel ends nothing; an unpaid subscription ended with its last paid period.
        case
            when subscriptions.ended_date is not null then subscriptions.ended_date
            when subscriptions.subscription_status = 'canceled' then subscriptions.canceled_date
            when subscriptions.subscription_status in ('unpaid', 'paused')
                then subscriptions.current_period_started_date
        end as end_date,
        cast(subscriptions.plan_amount * subscriptions.quantity as decimal(28, 6))
            as interval_amount,
        case subscriptions.billing_interval
            when 'day' then 365
            when 'week' then 52
            when 'month' then 12
            when 'year' then 1
        end as intervals_per_year,
        subscriptions.billing_interval_count,
        subscriptions._landing_id,
        subscriptions._row_number

    from subscriptions
    inner join customers on subscriptions.source_customer_id = customers.source_customer_id
    where subscriptions.subscription_status not in ('trialing', 'incomplete')

),

priced as (

    select
        subscription_id,
        customer_id,
        plan,
        currency_code,
        start_date,
        end_date,
        cast({{ kpi_ratio(
            'cast(interval_amount * intervals_per_year as decimal(28, 6))',
            'cast(12 * billing_interval_count as decimal(28, 6))',
            unit_scale=6
        ) }} as decimal(18, 6)) as mrr_amount,
        _landing_id,
        _row_number

    from dated

),

paying as (

    select * from priced
    where
        mrr_amount > 0
        and (end_date is null or end_date > start_date)

)

select * from paying
