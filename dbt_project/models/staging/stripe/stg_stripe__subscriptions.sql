with

landed as (

    select * from {{ source('landed', 'stripe__subscriptions') }}

),

renamed as (

    select
        -- ids
        subscription_id,
        customer_id as source_customer_id,
        {{ filled('crm_account_id') }} as crm_account_id,

        -- strings
        {{ company_key('customer_name') }} as customer_name_key,
        {{ as_text('null') }} as customer_country,
        {{ email_domain('customer_email') }} as customer_email_domain,
        {{ filled('plan') }} as plan,
        {{ map_words('subscription_status', {
            'active': ['active'],
            'past_due': ['past due'],
            'canceled': ['canceled', 'cancelled', 'ended'],
            'trialing': ['trialing'],
            'unpaid': ['unpaid'],
            'paused': ['paused'],
            'incomplete': ['incomplete', 'incomplete expired'],
        }) }} as subscription_status,
        {{ map_words('billing_interval', {
            'day': ['day'],
            'week': ['week'],
            'month': ['month'],
            'year': ['year'],
        }) }} as billing_interval,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        plan_amount,

        -- numbers
        coalesce(quantity, 1) as quantity,
        coalesce(billing_interval_count, 1) as billing_interval_count,

        -- dates
        {{ business_date('started_at') }} as started_date,
        {{ business_date('current_period_started_at') }} as current_period_started_date,
        {{ business_date('trial_ended_at') }} as trial_ended_date,
        {{ business_date('canceled_at') }} as canceled_date,
        {{ business_date('ended_at') }} as ended_date,

        -- timestamps
        started_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
