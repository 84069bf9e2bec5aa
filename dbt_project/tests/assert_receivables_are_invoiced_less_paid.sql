-- Every document and every payment is in the last month's lines, by currency.
with

invoiced as (

    select
        currency_code,
        net_amount + coalesce(tax_amount, 0) as amount,
        net_amount_reporting + coalesce(tax_amount_reporting, 0) as amount_reporting
    from {{ ref('fct_invoices') }}
    where issue_date < {{ as_of_date() }}

),

paid as (

    select
        currency_code,
        refunded_amount - amount as amount,
        refunded_amount_reporting - amount_reporting as amount_reporting
    from {{ ref('fct_payments') }}
    where
        payment_date < {{ as_of_date() }}
        and status in ('paid', 'partially_refunded', 'refunded')

),

owed as (

    select
        currency_code,
        -amount as amount,
        -amount_reporting as amount_reporting
    from {{ ref('receivables_ageing') }}
    -- The balance of the last day that counts.
    where balance_date = {{ days_after(as_of_date(), -1) }}

),

together as (

    select * from invoiced

    union all

    select * from paid

    union all

    select * from owed

)

select
    currency_code,
    sum(amount) as difference_amount,
    sum(amount_reporting) as difference_amount_reporting
from together
group by currency_code
having sum(amount) <> 0 or sum(amount_reporting) <> 0
