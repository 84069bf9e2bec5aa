with

payments as (

    select * from {{ ref('int_finance__payments_unioned') }}

),

matched as (

    select * from {{ ref('int_crm__customers_matched') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    payments.payment_id,
    payments.payment_date,
    payments.paid_at,
    matched.customer_id,
    payments.invoice_id,
    payments.status,
    payments.currency_code,
    payments.amount,
    {{ convert_amount('payments.amount', 'rates.from_rate', 'rates.to_rate') }} as amount_reporting,
    payments.refunded_amount,
    {{ convert_amount('payments.refunded_amount', 'rates.from_rate', 'rates.to_rate') }}
        as refunded_amount_reporting,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    payments._landing_id,
    payments._row_number

from payments
left join matched on payments.source_customer_id = matched.source_customer_id
left join rates
    on
        payments.currency_code = rates.currency_code
        and payments.payment_date = rates.rate_date
