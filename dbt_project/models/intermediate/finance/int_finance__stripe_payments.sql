-- Stripe's payments once: the dashboard's, or else the charges of the replicated table, which
-- are the same money.
{%- set columns = [
    'payment_id', 'payment_date', 'paid_at', 'source_customer_id', 'invoice_id', 'status', 'currency_code',
    'amount', 'refunded_amount', '_landing_id', '_row_number',
] %}

with

payments as (

    select * from {{ ref('stg_stripe__payments') }}

),

charges as (

    select * from {{ ref('stg_stripe__charge') }}

),

once as (

    select {{ columns | join(', ') }}
    from payments

    union all

    select {{ columns | join(', ') }}
    from charges
    where (select count(*) from payments) = 0

)

select * from once
