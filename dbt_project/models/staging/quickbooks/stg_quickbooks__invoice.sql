-- The document whole, without tax, is one line: the table of its lines has subtotals and
-- discounts in it.
with

landed as (

    select * from {{ source('landed', 'quickbooks__invoice') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'quickbooks'", 'invoice_id']) }} as invoice_line_id,
        {{ joined_key(["'quickbooks'", 'invoice_id']) }} as invoice_id,
        {{ filled('customer_id') }} as source_customer_id,

        -- strings
        'invoice' as document_kind,
        {{ as_text('null') }} as product,
        {{ as_text('null') }} as region,
        {{ report_currency('currency_code', "''") }} as currency_code,

        -- amounts
        cast(total_amount - coalesce(tax_amount, 0) as decimal(18, 6)) as net_amount,
        coalesce(tax_amount, 0) as tax_amount,
        total_amount as gross_amount,
        balance_amount as open_amount,

        -- dates
        transaction_date as issue_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- What was deleted stays in the table, without a day and an amount.
    where not coalesce(is_deleted, false)

)

select * from renamed
