{#- A new billing system is one more line here. -#}
{%- set subscriptions = [
    ref('int_finance__stripe_subscriptions'),
    ref('stg_subscriptions__subscriptions'),
] -%}

with

unioned as (
    {{ family_union(subscriptions, [
        'subscription_id', 'source_customer_id', 'crm_account_id', 'plan', 'subscription_status',
        'billing_interval', 'billing_interval_count', 'currency_code', 'plan_amount', 'quantity', 'started_date',
        'current_period_started_date', 'trial_ended_date', 'canceled_date', 'ended_date', 'started_at',
        '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
