{#- A new ledger is one more line here. -#}
{%- set journal_lines = [
    ref('stg_ledger__journal_lines'),
    ref('stg_ledger__journal_lines_signed'),
    ref('int_finance__quickbooks_ledger'),
    ref('int_finance__xero_ledger'),
] -%}

with

unioned as (
    {{ family_union(journal_lines, [
        'ledger_entry_id', 'journal_id', 'posting_date', 'account_id', 'currency_code', 'debit_amount',
        'credit_amount', 'region', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
