-- Charges are what the dashboard's payments are, from a replicated table: where both are
-- exported, the payments feed the family, and the charges are left out
-- (int_finance__stripe_payments).
with

landed as (

    select * from {{ source('landed', 'stripe__charge') }}

),

renamed as (

    select
        -- ids
        charge_id as payment_id,
        {{ filled('customer_id') }} as source_customer_id,
        {{ filled('invoice_id') }} as invoice_id,
        {{ filled('balance_transaction_id') }} as balance_transaction_id,

        -- strings
        case
            -- Money that was only reserved is not paid.
            when {{ folded('charge_status') }} = 'succeeded' and not is_captured then 'pending'
            when {{ folded('charge_status') }} = 'succeeded' and refunded_amount >= amount
                then 'refunded'
            when {{ folded('charge_status') }} = 'succeeded' and refunded_amount > 0
                then 'partially_refunded'
            else
                {{ map_words('charge_status', {
                    'paid': ['succeeded'],
                    'pending': ['pending'],
                    'failed': ['failed'],
                }) }}
        end as status,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        amount,
        coalesce(refunded_amount, 0) as refunded_amount,

        -- dates
        {{ business_date('created_at') }} as payment_date,

        -- timestamps
        created_at as paid_at,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- Stripe's test mode is no money.
    where coalesce(is_live, true)

)

select * from renamed
