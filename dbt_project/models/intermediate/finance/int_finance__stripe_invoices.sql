-- Stripe's invoices once: the dashboard's, or else those of the replicated table, which are the
-- same documents. A draft is not issued yet, and a void invoice never was; an uncollectible one
-- was, and is a loss.
{%- set columns = [
    'invoice_line_id', 'invoice_id', 'document_kind', 'issue_date', 'due_date', 'source_customer_id',
    'product', 'region', 'currency_code', 'net_amount', 'tax_amount', '_landing_id',
    '_row_number',
] %}

with

invoices as (

    select * from {{ ref('stg_stripe__invoices') }}

),

replicated_invoices as (

    select * from {{ ref('stg_stripe__invoice') }}

),

once as (

    select {{ columns | join(', ') }}
    from invoices
    where invoice_status not in ('draft', 'void')

    union all

    select {{ columns | join(', ') }}
    from replicated_invoices
    where
        invoice_status not in ('draft', 'void')
        and (select count(*) from invoices) = 0

)

select * from once
