{#- A new ledger is one more line here. -#}
{%- set accounts = [ref('stg_ledger__chart_of_accounts')] -%}
{#- Charts of vendors' own: what those above say of an account goes before them. -#}
{%- set vendors_accounts = [
    ref('stg_quickbooks__account_list'),
    ref('stg_xero__chart_of_accounts'),
] -%}
{%- set columns = [
    'account_id', 'account_name', 'account_class', 'account_function', 'cash_flow_class',
    '_landing_id', '_row_number',
] -%}

with

declared as (
    {{ family_union(accounts, columns) }}
),

of_vendors as (
    {{ family_union(vendors_accounts, columns) }}
),

unioned as (

    select * from declared

    union all

    select * from of_vendors
    where account_id not in (select declared.account_id from declared)

)

select * from unioned
