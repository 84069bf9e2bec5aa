with

journal_lines as (

    select * from {{ ref('int_finance__journal_lines_unioned') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

budgeted as (

    select distinct
        budgets.account_group,
        days.month_start_date
    from {{ ref('fct_budgets') }} as budgets
    inner join {{ ref('dim_date') }} as days
        on
            budgets.budgeted_period_start <= days.date_day
            and days.date_day <= case budgets.budgeted_grain
                when 'month' then {{ period_end('month', 'budgets.budgeted_period_start') }}
                when 'quarter' then {{ period_end('quarter', 'budgets.budgeted_period_start') }}
                else {{ period_end('year', 'budgets.budgeted_period_start') }}
            end
    where days.date_day = days.month_start_date

),

cash_journals as (

    select distinct journal_lines.journal_id
    from journal_lines
    inner join accounts on journal_lines.account_id = accounts.account_id
    where accounts.account_class = 'cash'

)

-- A line whose account has no class is no figure: a check that blocks the release names it.
select
    journal_lines.ledger_entry_id,
    journal_lines.journal_id,
    journal_lines.posting_date,
    journal_lines.account_id,
    accounts.account_name,
    accounts.account_class,
    accounts.account_function,
    case
        when accounts.account_class <> 'cash' and cash_journals.journal_id is not null
            then accounts.cash_flow_class
    end as cash_flow_class,
    accounts.account_group,
    budgeted.account_group is not null as is_budgeted,
    coalesce(journal_lines.region, 'unknown') as region,
    journal_lines.currency_code,
    journal_lines.debit_amount,
    {{ convert_amount('journal_lines.debit_amount', 'rates.from_rate', 'rates.to_rate') }}
        as debit_amount_reporting,
    journal_lines.credit_amount,
    {{ convert_amount('journal_lines.credit_amount', 'rates.from_rate', 'rates.to_rate') }}
        as credit_amount_reporting,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    journal_lines._landing_id,
    journal_lines._row_number

from journal_lines
inner join accounts on journal_lines.account_id = accounts.account_id
left join budgeted
    on
        accounts.account_group = budgeted.account_group
        and {{ period_start('month', 'journal_lines.posting_date') }} = budgeted.month_start_date
left join cash_journals on journal_lines.journal_id = cash_journals.journal_id
left join rates
    on
        journal_lines.currency_code = rates.currency_code
        and journal_lines.posting_date = rates.rate_date
where accounts.account_class is not null
