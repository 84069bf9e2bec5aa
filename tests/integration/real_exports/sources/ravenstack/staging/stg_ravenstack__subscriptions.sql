with

landed as (

    select * from {{ source('landed', 'ravenstack__subscriptions') }}

),

renamed as (

    select
        -- ids
        subscription_id,
        customer_id as source_customer_id,
        cast(null as {{ dbt.type_string() }}) as crm_account_id,

        -- strings
        {{ filled('plan') }} as plan,
        case when is_trial then 'trialing' else 'active' end as subscription_status,
        -- The export has worked the monthly value out already: one unit for one month.
        'month' as billing_interval,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        mrr_amount as plan_amount,

        -- numbers
        1 as quantity,
        1 as billing_interval_count,

        -- dates
        start_date as started_date,
        cast(null as date) as current_period_started_date,
        cast(null as date) as trial_ended_date,
        cast(null as date) as canceled_date,
        end_date as ended_date,

        -- timestamps
        cast(start_date as timestamp) as started_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
