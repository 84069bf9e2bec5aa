with

landed as (

    select * from {{ source('landed', 'online_retail__invoice_lines') }}

),

renamed as (

    select
        -- ids
        -- Identical lines of an invoice are separate sales: only their place in the export tells them apart.
        {{ joined_key(["'online_retail'", "_landing_id", "_row_number"]) }} as invoice_line_id,
        invoice_id,
        {{ filled('customer_id') }} as source_customer_id,

        -- strings
        case when invoice_id like 'C%' then 'credit_note' else 'invoice' end as document_kind,
        product_id as product,
        {{ filled('country') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        cast(quantity * unit_price_amount as decimal(18, 6)) as net_amount,
        cast(null as decimal(18, 6)) as tax_amount,

        -- dates
        issue_date,
        cast(null as date) as due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
