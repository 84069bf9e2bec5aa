with

changes as (

    select * from {{ ref('int_finance__balance_transactions_unioned') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

converted as (

    select
        changes.*,
        {{ convert_amount('changes.gross_amount', 'rates.from_rate', 'rates.to_rate') }}
            as gross_amount_reporting,
        {{ convert_amount('changes.fee_amount', 'rates.from_rate', 'rates.to_rate') }}
            as fee_amount_reporting,
        rates.from_rate as fx_from_rate,
        rates.to_rate as fx_to_rate,
        rates.fx_rate_date

    from changes
    left join rates
        on
            changes.currency_code = rates.currency_code
            and changes.transaction_date = rates.rate_date

)

select
    balance_transaction_id,
    provider,
    transaction_date,
    transaction_kind,
    currency_code,
    gross_amount,
    gross_amount_reporting,
    fee_amount,
    fee_amount_reporting,
    net_amount,
    -- Converted apart, net could differ from what it is made of in the last digit.
    cast(gross_amount_reporting - fee_amount_reporting as decimal(28, 6)) as net_amount_reporting,
    fx_from_rate,
    fx_to_rate,
    fx_rate_date,
    _landing_id,
    _row_number

from converted
