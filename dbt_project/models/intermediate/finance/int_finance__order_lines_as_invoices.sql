{#- Where a shop sends no invoices of its own, what was ordered is what was invoiced. -#}

with

order_lines as (

    select * from {{ ref('stg_order_lines__order_lines') }}

),

-- A line with an invoice's number comes a second time in the export of the invoices.
not_invoiced_elsewhere as (

    select
        order_line_id as invoice_line_id,
        order_id as invoice_id,
        case when line_kind = 'return' then 'credit_note' else 'invoice' end as document_kind,
        order_date as issue_date,
        cast(null as date) as due_date,
        source_customer_id,
        product,
        region,
        currency_code,
        net_amount,
        cast(null as decimal(18, 6)) as tax_amount,
        _landing_id,
        _row_number

    from order_lines
    where invoice_id is null

)

select * from not_invoiced_elsewhere
