-- Invoiced revenue of QuickBooks once: the report of sales by product, or else the replicated
-- invoices.
{%- set columns = [
    'invoice_line_id', 'invoice_id', 'document_kind', 'issue_date', 'due_date', 'source_customer_id',
    'product', 'region', 'currency_code', 'net_amount', 'tax_amount', '_landing_id',
    '_row_number',
] %}

with

sales as (

    select * from {{ ref('stg_quickbooks__sales_detail') }}

),

invoices as (

    select * from {{ ref('stg_quickbooks__invoice') }}

),

once as (

    select {{ columns | join(', ') }}
    from sales

    union all

    select {{ columns | join(', ') }}
    from invoices
    where (select count(*) from sales) = 0

)

select * from once
