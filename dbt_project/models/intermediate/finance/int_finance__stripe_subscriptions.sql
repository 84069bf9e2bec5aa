-- Stripe's subscriptions once: the dashboard's, or else those of the replicated tables, where
-- what is paid for is in the subscription's items and their prices. A subscription with two
-- items is two rows.
{%- set columns = [
    'subscription_id', 'source_customer_id', 'crm_account_id', 'plan', 'subscription_status', 'billing_interval',
    'billing_interval_count', 'currency_code', 'plan_amount', 'quantity', 'started_date',
    'current_period_started_date', 'trial_ended_date', 'canceled_date', 'ended_date', 'started_at',
    '_landing_id', '_row_number',
] %}

with

subscriptions as (

    select * from {{ ref('stg_stripe__subscriptions') }}

),

replicated_subscriptions as (

    select * from {{ ref('stg_stripe__subscription') }}

),

items as (

    select * from {{ ref('stg_stripe__subscription_item') }}

),

prices as (

    select * from {{ ref('stg_stripe__price') }}

),

-- What is paid once, and a price by tiers or use, is no amount per interval.
priced as (

    select
        {{ joined_key(['replicated_subscriptions.subscription_id', 'items.subscription_item_id']) }}
            as subscription_id,
        replicated_subscriptions.source_customer_id,
        {{ as_text('null') }} as crm_account_id,
        prices.plan,
        replicated_subscriptions.subscription_status,
        prices.billing_interval,
        prices.billing_interval_count,
        prices.currency_code,
        prices.plan_amount,
        items.quantity,
        replicated_subscriptions.started_date,
        replicated_subscriptions.current_period_started_date,
        replicated_subscriptions.trial_ended_date,
        replicated_subscriptions.canceled_date,
        replicated_subscriptions.ended_date,
        replicated_subscriptions.started_at,
        replicated_subscriptions._landing_id,
        replicated_subscriptions._row_number

    from replicated_subscriptions
    inner join items on replicated_subscriptions.subscription_id = items.subscription_id
    inner join prices on items.plan_id = prices.plan_id
    where
        prices.plan_amount is not null
        and prices.billing_interval <> 'unknown'

),

once as (

    select {{ columns | join(', ') }}
    from subscriptions

    union all

    select {{ columns | join(', ') }}
    from priced
    where (select count(*) from subscriptions) = 0

)

select * from once
