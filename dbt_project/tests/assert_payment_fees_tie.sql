-- Net less what was paid out is what the balances changed by, by provider and currency. A row whose
-- net is not its gross less its fee fails here too.
with

changed as (

    select
        provider,
        currency_code,
        net_amount as amount,
        net_amount_reporting as amount_reporting
    from {{ ref('fct_balance_transactions') }}
    where transaction_date < {{ as_of_date() }}

),

told as (

    select
        provider,
        currency_code,
        paid_out_amount - net_amount as amount,
        paid_out_amount_reporting - net_amount_reporting as amount_reporting
    from {{ ref('payment_fees') }}

),

together as (

    select * from changed

    union all

    select * from told

)

select
    provider,
    currency_code,
    sum(amount) as difference_amount,
    sum(amount_reporting) as difference_amount_reporting
from together
group by provider, currency_code
having sum(amount) <> 0 or sum(amount_reporting) <> 0
