{#- A new payment provider is one more line here. -#}
{%- set payments = [
    ref('int_finance__stripe_payments'),
    ref('stg_payments__payments'),
    ref('stg_quickbooks__payment'),
] -%}

with

unioned as (
    {{ family_union(payments, [
        'payment_id', 'payment_date', 'paid_at', 'source_customer_id', 'invoice_id', 'status', 'currency_code',
        'amount', 'refunded_amount', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
