-- The ledger of Xero once: the journal report, or else the account transactions, which are the
-- same money. A report that names accounts without their codes finds these in the chart.
{%- set columns = [
    'ledger_entry_id', 'journal_id', 'posting_date', 'account_code', 'account_name', 'currency_code',
    'debit_amount', 'credit_amount', 'region', '_landing_id', '_row_number',
] %}

with

journal as (

    select * from {{ ref('stg_xero__journal_report') }}

),

account_transactions as (

    select * from {{ ref('stg_xero__account_transactions') }}

),

accounts as (

    select * from {{ ref('stg_xero__chart_of_accounts') }}

),

codes as (

    select
        account_name,
        min(account_code) as account_code

    from accounts
    group by account_name
    having count(*) = 1

),

once as (

    select {{ columns | join(', ') }}
    from journal

    union all

    select {{ columns | join(', ') }}
    from account_transactions
    where (select count(*) from journal) = 0

),

coded as (

    select
        once.ledger_entry_id,
        once.journal_id,
        once.posting_date,
        {{ joined_key([
            "'xero'", 'coalesce(once.account_code, codes.account_code, once.account_name)',
        ]) }} as account_id,
        once.currency_code,
        once.debit_amount,
        once.credit_amount,
        once.region,
        once._landing_id,
        once._row_number

    from once
    left join codes on once.account_name = codes.account_name

)

select * from coded
