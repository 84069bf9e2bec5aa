with

landed as (

    select * from {{ source('landed', 'payments__payments') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'payments'", 'payment_id']) }} as payment_id,
        {{ filled('customer_id') }} as source_customer_id,
        {{ filled('invoice_id') }} as invoice_id,

        -- strings
        {{ map_words('payment_status', {
            'paid': ['paid', 'succeeded', 'completed'],
            'refunded': ['refunded'],
            'partially_refunded': ['partially refunded', 'partial refund'],
            'failed': ['failed', 'declined'],
            'pending': ['pending', 'open'],
            'canceled': ['canceled', 'cancelled'],
            'disputed': ['disputed', 'chargeback'],
        }) }} as status,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        amount,
        coalesce(refunded_amount, 0) as refunded_amount,

        -- dates
        payment_date,

        -- timestamps
        cast(payment_date as timestamp) as paid_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
