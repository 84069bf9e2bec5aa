with

entries as (

    select
        posting_date,
        account_id,
        debit_amount_reporting - credit_amount_reporting as amount_reporting
    from {{ ref('fct_ledger_entries') }}
    where posting_date < {{ as_of_date() }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

days as (

    select * from {{ ref('dim_date') }}

),

-- What was earned and not yet paid out belongs to the owners: all income and costs are one line.
lines as (

    select
        account_id,
        case when statement = 'income_statement' then 'result' else account_id end as line_id,
        case when statement = 'income_statement' then 'Result to date' else account_name end
            as line_name,
        case when statement = 'income_statement' then 'result' else account_class end
            as account_class
    from accounts

),

-- Each line is rounded when it is converted, so both sides can differ by the last digits.
amounts as (

    select
        entries.posting_date,
        lines.line_id,
        lines.line_name,
        lines.account_class,
        entries.amount_reporting
    from entries
    inner join lines on entries.account_id = lines.account_id

    union all

    select
        posting_date,
        'conversion_difference' as line_id,
        'Conversion difference' as line_name,
        'conversion_difference' as account_class,
        -amount_reporting as amount_reporting
    from entries

),

movements as (

    select
        days.month_start_date,
        amounts.line_id,
        amounts.line_name,
        amounts.account_class,
        sum(amounts.amount_reporting) as amount_reporting
    from amounts
    inner join days on amounts.posting_date = days.date_day
    group by
        days.month_start_date,
        amounts.line_id,
        amounts.line_name,
        amounts.account_class

),

known_lines as (

    select
        line_id,
        line_name,
        account_class,
        min(month_start_date) as first_month
    from movements
    group by line_id, line_name, account_class

),

months as (

    select distinct
        month_start_date,
        month_end_date
    from days
    where month_start_date < {{ as_of_date() }}

),

-- A line without a movement has its balance all the same.
month_lines as (

    select
        months.month_start_date,
        months.month_end_date,
        known_lines.line_id,
        known_lines.line_name,
        known_lines.account_class
    from known_lines
    inner join months on known_lines.first_month <= months.month_start_date

),

balances as (

    select
        month_lines.*,
        coalesce(movements.amount_reporting, 0) as movement_amount_reporting,
        sum(coalesce(movements.amount_reporting, 0)) over (
            partition by month_lines.line_id
            order by month_lines.month_start_date nulls last
            rows between unbounded preceding and current row
        ) as closing_amount_reporting
    from month_lines
    left join movements
        on
            month_lines.line_id = movements.line_id
            and month_lines.month_start_date = movements.month_start_date

)

select
    month_start_date,
    month_end_date,
    month_end_date < {{ as_of_date() }} as is_month_over,
    line_id,
    line_name,
    account_class,
    case
        when
            account_class in (
                'cash', 'receivable', 'inventory', 'other_current_asset', 'fixed_asset'
            )
            then 'assets'
        when account_class in ('payable', 'other_current_liability', 'long_term_liability')
            then 'liabilities'
        when account_class in ('equity', 'result') then 'equity'
        when account_class = 'conversion_difference' then account_class
        else 'unclassified'
    end as section,
    cast(closing_amount_reporting - movement_amount_reporting as decimal(28, 6))
        as opening_amount_reporting,
    cast(movement_amount_reporting as decimal(28, 6)) as movement_amount_reporting,
    cast(closing_amount_reporting as decimal(28, 6)) as closing_amount_reporting

from balances
