{#- A new ledger is one more line here. -#}
{%- set accounts = [ref('stg_ledger__chart_of_accounts')] -%}

with

unioned as (
    {{ family_union(accounts, [
        'account_id', 'account_name', 'account_class', 'account_function', 'cash_flow_class',
        '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
