-- Staged, and in no family: it is the money of the invoices once more, before their discounts.
with

landed as (

    select * from {{ source('landed', 'stripe__invoice_line_item') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["invoice_id", "invoice_line_id"]) }} as invoice_line_id,
        invoice_id,
        {{ filled('subscription_id') }} as subscription_id,
        {{ filled('plan_id') }} as plan_id,

        -- strings
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        amount,

        -- numbers
        quantity,

        -- booleans
        is_proration,

        -- dates
        {{ business_date('period_started_at') }} as period_started_date,
        {{ business_date('period_ended_at') }} as period_ended_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
