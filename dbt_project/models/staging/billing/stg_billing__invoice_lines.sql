with

landed as (

    select * from {{ source('landed', 'billing__invoice_lines') }}

),

kinds as (

    select
        *,
        {{ map_words('document_kind', {
            'invoice': ['invoice'],
            'credit_note': ['credit note', 'creditnote', 'credit memo'],
        }) }} as known_document_kind

    from landed

),

renamed as (

    select
        -- ids
        invoice_line_id,
        invoice_id,
        customer_id as source_customer_id,

        -- strings
        known_document_kind as document_kind,
        {{ filled('product') }} as product,
        {{ filled('region') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        -- Some systems write what a credit note gives back as a positive amount.
        case when known_document_kind = 'credit_note' then -abs(net_amount) else net_amount end
            as net_amount,
        case when known_document_kind = 'credit_note' then -abs(tax_amount) else tax_amount end
            as tax_amount,

        -- dates
        issue_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from kinds

)

select * from renamed
