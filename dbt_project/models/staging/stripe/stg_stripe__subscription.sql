with

landed as (

    select * from {{ source('landed', 'stripe__subscription') }}

),

renamed as (

    select
        -- ids
        subscription_id,
        customer_id as source_customer_id,

        -- strings
        {{ map_words('subscription_status', {
            'active': ['active'],
            'past_due': ['past due'],
            'canceled': ['canceled', 'cancelled', 'ended'],
            'trialing': ['trialing'],
            'unpaid': ['unpaid'],
            'paused': ['paused'],
            'incomplete': ['incomplete', 'incomplete expired'],
        }) }} as subscription_status,

        -- dates
        {{ business_date('coalesce(started_at, created_at)') }} as started_date,
        {{ business_date('current_period_started_at') }} as current_period_started_date,
        {{ business_date('trial_ended_at') }} as trial_ended_date,
        {{ business_date('canceled_at') }} as canceled_date,
        {{ business_date('ended_at') }} as ended_date,

        -- timestamps
        coalesce(started_at, created_at) as started_at,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- A table with history holds the versions that are over; Stripe's test mode is no money.
    where
        coalesce(is_current, true)
        and coalesce(is_live, true)
        and not coalesce(is_deleted, false)

)

select * from renamed
