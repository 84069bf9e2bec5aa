with

landed as (

    select * from {{ source('landed', 'stripe__payments') }}

),

renamed as (

    select
        -- ids
        payment_id,
        {{ filled('customer_id') }} as source_customer_id,
        {{ filled('invoice_id') }} as invoice_id,

        -- strings
        {{ company_key('customer_name') }} as customer_name_key,
        {{ as_text('null') }} as customer_country,
        {{ email_domain('customer_email') }} as customer_email_domain,
        {{ map_words('payment_status', {
            'paid': ['paid', 'succeeded'],
            'refunded': ['refunded'],
            'partially_refunded': ['partially refunded', 'partial refund'],
            'failed': ['failed', 'blocked'],
            'pending': [
                'pending', 'processing', 'uncaptured', 'incomplete', 'requires action',
                'requires payment method', 'requires capture', 'requires confirmation',
            ],
            'canceled': ['canceled', 'cancelled'],
            'disputed': ['disputed', 'dispute lost', 'dispute under review', 'dispute needs response'],
        }) }} as status,
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
    where coalesce({{ folded('payment_mode') }}, 'live') <> 'test'

)

select * from renamed
