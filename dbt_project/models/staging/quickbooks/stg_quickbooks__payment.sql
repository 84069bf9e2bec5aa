with

landed as (

    select * from {{ source('landed', 'quickbooks__payment') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'quickbooks'", 'payment_id']) }} as payment_id,
        {{ filled('customer_id') }} as source_customer_id,
        {{ as_text('null') }} as invoice_id,

        -- strings
        'paid' as status,
        {{ report_currency('currency_code', "''") }} as currency_code,

        -- amounts
        total_amount as amount,
        cast(0 as decimal(18, 6)) as refunded_amount,

        -- dates
        transaction_date as payment_date,

        -- timestamps
        cast(transaction_date as timestamp) as paid_at,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
