with

invoice_lines as (

    select * from {{ ref('int_finance__invoice_lines_unioned') }}

),

matched as (

    select * from {{ ref('int_crm__customers_matched') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    invoice_lines.invoice_line_id,
    invoice_lines.invoice_id,
    invoice_lines.document_kind,
    invoice_lines.issue_date,
    invoice_lines.due_date,
    matched.customer_id,
    coalesce(invoice_lines.product, 'unknown') as product,
    coalesce(invoice_lines.region, customers.region, 'unknown') as region,
    coalesce(customers.segment, 'unknown') as segment,
    invoice_lines.currency_code,
    invoice_lines.net_amount,
    {{ convert_amount('invoice_lines.net_amount', 'rates.from_rate', 'rates.to_rate') }}
        as net_amount_reporting,
    invoice_lines.tax_amount,
    {{ convert_amount('invoice_lines.tax_amount', 'rates.from_rate', 'rates.to_rate') }}
        as tax_amount_reporting,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    invoice_lines._landing_id,
    invoice_lines._row_number

from invoice_lines
left join matched on invoice_lines.source_customer_id = matched.source_customer_id
left join customers on matched.customer_id = customers.customer_id
left join rates
    on
        invoice_lines.currency_code = rates.currency_code
        and invoice_lines.issue_date = rates.rate_date
