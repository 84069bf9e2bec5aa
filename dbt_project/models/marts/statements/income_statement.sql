with

entries as (

    select
        posting_date,
        account_id,
        credit_amount_reporting - debit_amount_reporting as amount_reporting
    from {{ ref('fct_ledger_entries') }}
    where posting_date < {{ as_of_date() }}

),

accounts as (

    select * from {{ ref('dim_account') }}
    where statement = 'income_statement'

),

days as (

    select * from {{ ref('dim_date') }}

)

select
    days.month_start_date,
    days.month_end_date,
    days.quarter_start_date,
    days.year_start_date,
    accounts.account_id,
    accounts.account_name,
    accounts.account_class,
    accounts.account_group,
    cast(sum(entries.amount_reporting) as decimal(28, 6)) as amount_reporting

from entries
inner join accounts on entries.account_id = accounts.account_id
inner join days on entries.posting_date = days.date_day
group by
    days.month_start_date,
    days.month_end_date,
    days.quarter_start_date,
    days.year_start_date,
    accounts.account_id,
    accounts.account_name,
    accounts.account_class,
    accounts.account_group
