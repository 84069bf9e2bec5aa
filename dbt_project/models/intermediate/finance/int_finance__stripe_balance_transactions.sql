-- Changes of Stripe's balance once: the dashboard's and its report's, and of the replicated table
-- those whose id is in neither.
{%- set columns = [
    'balance_transaction_id', 'transaction_kind', 'transaction_date', 'currency_code', 'amount',
    'fee_amount', 'net_amount', '_landing_id', '_row_number',
] %}

with

exported as (

    select * from {{ ref('stg_stripe__balance_transactions') }}

),

replicated as (

    select * from {{ ref('stg_stripe__balance_transaction') }}

),

once as (

    select {{ columns | join(', ') }}
    from exported

    union all

    select {{ columns | join(', ') }}
    from replicated
    where not exists (
        select 1
        from exported
        where exported.balance_transaction_id = replicated.balance_transaction_id
    )

)

select
    {{ joined_key(["'stripe'", 'balance_transaction_id']) }} as balance_transaction_id,
    'stripe' as provider,
    transaction_date,
    -- The dashboard's types and the report's categories. A charge that failed later was no payment.
    {{ map_words('transaction_kind', {
        'payment': ['charge', 'payment', 'charge failure', 'payment failure refund'],
        'refund': ['refund', 'payment refund', 'refund failure', 'partial capture reversal'],
        'dispute': ['dispute', 'dispute reversal'],
        'fee': ['fee', 'stripe fee', 'stripe fx fee', 'network cost', 'tax', 'tax fee'],
        'adjustment': ['adjustment', 'other adjustment'],
        'payout': [
            'payout', 'payout reversal', 'payout cancel', 'payout failure', 'topup',
            'topup reversal', 'transfer', 'transfer reversal', 'transfer cancel',
            'transfer failure', 'transfer refund',
        ],
    }) }} as transaction_kind,
    currency_code,
    amount as gross_amount,
    fee_amount,
    net_amount,
    _landing_id,
    _row_number

from once
