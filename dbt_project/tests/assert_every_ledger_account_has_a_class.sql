-- Lines of an account without a class are in no figure; until the chart of accounts says what the
-- account is, profit and cash would be wrong by these amounts.
with

journal_lines as (

    select * from {{ ref('int_finance__journal_lines_unioned') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

)

select
    journal_lines.account_id,
    accounts.account_name,
    journal_lines.currency_code,
    count(*) as row_count,
    sum(journal_lines.debit_amount) as debit_amount,
    sum(journal_lines.credit_amount) as credit_amount,
    sum(journal_lines.debit_amount - journal_lines.credit_amount) as balance_amount

from journal_lines
left join accounts on journal_lines.account_id = accounts.account_id
where accounts.account_class is null
group by journal_lines.account_id, accounts.account_name, journal_lines.currency_code
