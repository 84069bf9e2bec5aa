-- Staged, and in no family: its amounts are with sales tax and the report does not say how much.
-- Invoiced revenue comes from the sales by product, which are without it.
with

landed as (

    select * from {{ source('landed', 'quickbooks__invoice_list') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as invoice_row_id,
        {{ joined_key(["'quickbooks'", 'company', 'transaction_number']) }} as invoice_id,

        -- strings
        company,
        {{ map_words('transaction_type', {
            'invoice': ['invoice', 'tax invoice'],
            'credit_note': ['credit memo', 'credit note', 'adjustment note'],
            'sales_receipt': ['sales receipt'],
            'refund': ['refund', 'refund receipt'],
        }) }} as document_kind,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        amount as gross_amount,
        open_amount,

        -- dates
        posting_date as issue_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
