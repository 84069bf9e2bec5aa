-- The ledger of QuickBooks once: the journal's lines, or else those of the general ledger, which
-- are the same money. A general ledger with one amount says how the account grows: the class of
-- the account tells the side. Without a class the line stands as a debit, and a check that blocks
-- the release names the account.
{%- set columns = [
    'ledger_entry_id', 'journal_id', 'posting_date', 'account_id', 'currency_code', 'debit_amount',
    'credit_amount', 'region', '_landing_id', '_row_number',
] %}

with

journal as (

    select * from {{ ref('stg_quickbooks__journal') }}

),

general_ledger as (

    select * from {{ ref('stg_quickbooks__general_ledger') }}

),

accounts as (

    select * from {{ ref('int_finance__accounts_unioned') }}

),

sided as (

    select
        general_ledger.*,
        coalesce(accounts.account_class, 'unclassified') in (
            'income', 'other_income', 'payable', 'other_current_liability', 'long_term_liability',
            'equity'
        ) as grows_by_credit

    from general_ledger
    left join accounts on general_ledger.account_id = accounts.account_id

),

signed as (

    select
        *,
        case
            when debit_amount is not null or credit_amount is not null
                then coalesce(debit_amount, 0) - coalesce(credit_amount, 0)
            when grows_by_credit then -coalesce(natural_amount, 0)
            else coalesce(natural_amount, 0)
        end as signed_amount

    from sided

),

two_sided as (

    select
        ledger_entry_id,
        journal_id,
        posting_date,
        account_id,
        currency_code,
        cast(greatest(signed_amount, 0) as decimal(18, 6)) as debit_amount,
        cast(greatest(-signed_amount, 0) as decimal(18, 6)) as credit_amount,
        region,
        _landing_id,
        _row_number

    from signed

),

once as (

    select {{ columns | join(', ') }}
    from journal

    union all

    select {{ columns | join(', ') }}
    from two_sided
    where (select count(*) from journal) = 0

)

select * from once
