-- A line that gives back is negative in the report already.
with

landed as (

    select * from {{ source('landed', 'quickbooks__sales_detail') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as invoice_line_id,
        {{ joined_key([
            "'quickbooks'", 'company', 'transaction_type', 'transaction_number',
        ]) }} as invoice_id,
        {{ filled('customer_name') }} as source_customer_id,

        -- strings
        company,
        {{ map_words('transaction_type', {
            'invoice': ['invoice', 'tax invoice', 'sales receipt'],
            'credit_note': ['credit memo', 'credit note', 'adjustment note', 'refund', 'refund receipt'],
        }) }} as document_kind,
        {{ filled('product') }} as product,
        {{ as_text('null') }} as region,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        amount as net_amount,
        cast(null as decimal(18, 6)) as tax_amount,

        -- numbers
        quantity,

        -- dates
        posting_date as issue_date,
        cast(null as date) as due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
