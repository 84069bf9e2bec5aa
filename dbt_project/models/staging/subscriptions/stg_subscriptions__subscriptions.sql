with

landed as (

    select * from {{ source('landed', 'subscriptions__subscriptions') }}

),

-- A discount is on the whole interval: what is left is then the price of one.
measured as (

    select
        *,
        coalesce(discount_amount, 0) <> 0 as is_discounted,
        coalesce(quantity, 1) as units,
        case
            when {{ folded('billing_interval') }} in ('quarter', 'quarterly') then 3
            else 1
        end as months_or_one

    from landed

),

renamed as (

    select
        -- ids
        {{ joined_key(["'subscriptions'", 'subscription_id']) }} as subscription_id,
        customer_id as source_customer_id,
        {{ filled('crm_account_id') }} as crm_account_id,

        -- strings
        {{ filled('plan') }} as plan,
        {{ map_words('subscription_status', {
            'active': ['active'],
            'past_due': ['past due'],
            'canceled': ['canceled', 'cancelled', 'ended'],
            'trialing': ['trialing', 'trial'],
            'unpaid': ['unpaid'],
            'paused': ['paused'],
            'incomplete': ['incomplete'],
        }) }} as subscription_status,
        {{ map_words('billing_interval', {
            'day': ['day', 'daily'],
            'week': ['week', 'weekly'],
            'month': ['month', 'monthly', 'quarter', 'quarterly'],
            'year': ['year', 'yearly', 'annual'],
        }) }} as billing_interval,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        case
            when is_discounted
                then cast(unit_price_amount * units - discount_amount as decimal(18, 6))
            else unit_price_amount
        end as plan_amount,
        coalesce(discount_amount, 0) as discount_amount,

        -- numbers
        coalesce(billing_interval_count, 1) * months_or_one as billing_interval_count,
        case when is_discounted then 1 else units end as quantity,

        -- dates
        start_date as started_date,
        trial_end_date as trial_ended_date,
        current_period_start_date as current_period_started_date,
        canceled_date,
        end_date as ended_date,

        -- timestamps
        cast(start_date as timestamp) as started_at,

        -- lineage
        _landing_id,
        _row_number

    from measured

)

select * from renamed
