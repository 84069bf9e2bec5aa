with

entries as (

    select
        journal_id,
        posting_date,
        account_class,
        cash_flow_class,
        debit_amount_reporting - credit_amount_reporting as amount_reporting
    from {{ ref('fct_ledger_entries') }}
    where posting_date < {{ as_of_date() }}

),

days as (

    select * from {{ ref('dim_date') }}

),

cash_journals as (

    select distinct journal_id
    from entries
    where account_class = 'cash'

),

-- What cash gained, the other lines of its journals lost: the direct method.
causes as (

    select
        entries.posting_date,
        coalesce(entries.cash_flow_class, 'unclassified') as cash_flow_class,
        -entries.amount_reporting as amount_reporting
    from entries
    inner join cash_journals on entries.journal_id = cash_journals.journal_id
    where entries.account_class <> 'cash'

),

-- Each line is rounded when it is converted: the sides of a journal can differ by the last digit.
differences as (

    select
        posting_date,
        'conversion_difference' as cash_flow_class,
        amount_reporting
    from entries
    where account_class = 'cash'

    union all

    select
        posting_date,
        'conversion_difference' as cash_flow_class,
        -amount_reporting as amount_reporting
    from causes

),

movements as (

    select
        posting_date,
        cash_flow_class,
        amount_reporting
    from causes

    union all

    select
        posting_date,
        cash_flow_class,
        amount_reporting
    from differences

)

select
    days.month_start_date,
    days.month_end_date,
    days.quarter_start_date,
    days.year_start_date,
    movements.cash_flow_class,
    cast(sum(movements.amount_reporting) as decimal(28, 6)) as amount_reporting

from movements
inner join days on movements.posting_date = days.date_day
group by
    days.month_start_date,
    days.month_end_date,
    days.quarter_start_date,
    days.year_start_date,
    movements.cash_flow_class
