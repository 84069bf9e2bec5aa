{#- A new billing system is one more line here. -#}
{%- set invoice_lines = [
    ref('stg_billing__invoice_lines'),
    ref('int_finance__order_lines_as_invoices'),
    ref('int_finance__stripe_invoices'),
    ref('int_finance__quickbooks_invoices'),
    ref('int_finance__xero_invoices'),
] -%}

with

unioned as (
    {{ family_union(invoice_lines, [
        'invoice_line_id', 'invoice_id', 'document_kind', 'issue_date', 'due_date', 'source_customer_id',
        'product', 'region', 'currency_code', 'net_amount', 'tax_amount', '_landing_id',
        '_row_number',
    ]) }}
)

select * from unioned
