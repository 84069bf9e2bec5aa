{#- Another provider that says its fees is one more line here. -#}
{%- set balance_transactions = [
    ref('int_finance__stripe_balance_transactions'),
] -%}

with

unioned as (
    {{ family_union(balance_transactions, [
        'balance_transaction_id', 'provider', 'transaction_date', 'transaction_kind', 'currency_code',
        'gross_amount', 'fee_amount', 'net_amount', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
