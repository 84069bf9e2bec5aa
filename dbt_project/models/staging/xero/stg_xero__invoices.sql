with

landed as (

    select * from {{ source('landed', 'xero__invoices') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as invoice_line_id,
        {{ joined_key([
            "'xero'", 'company', 'document_type', 'counterparty_name', 'invoice_number',
        ]) }} as invoice_id,
        {{ filled('counterparty_name') }} as source_customer_id,

        -- strings
        company,
        {{ map_words('document_type', {
            'invoice': ['sales invoice', 'accrec', 'invoice'],
            'credit_note': ['sales credit note', 'accreccredit', 'credit note'],
            'bill': ['bill', 'accpay'],
            'bill_credit_note': ['bill credit note', 'accpaycredit'],
            'prepayment': [
                'sales overpayment', 'sales prepayment', 'bill overpayment', 'bill prepayment',
            ],
            'unknown': ['unknown'],
        }) }} as document_kind,
        {{ map_words('invoice_status', {
            'draft': ['draft', 'awaiting approval', 'submitted'],
            'open': ['awaiting payment', 'authorised', 'approved'],
            'paid': ['paid'],
            'void': ['voided', 'void', 'deleted'],
        }) }} as invoice_status,
        {{ filled('product') }} as product,
        {{ filled('region') }} as region,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        coalesce(
            line_amount,
            -- The discount is in per cent; each factor has the digits that all engines multiply.
            cast(
                cast(quantity * unit_price as decimal(28, 8))
                * cast((100 - coalesce(discount_rate, 0)) * 0.01 as decimal(9, 8))
                as decimal(18, 6)
            )
        ) as line_amount,
        coalesce(tax_amount, 0) as tax_amount,
        total_amount,
        total_tax_amount,

        -- dates
        issue_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
