with

accounts as (

    select * from {{ ref('int_finance__accounts_unioned') }}

)

select
    account_id,
    account_name,
    account_class,
    account_function,
    coalesce(
        account_function,
        case
            when
                account_class in (
                    'income', 'other_income', 'cost_of_sales', 'expense', 'depreciation',
                    'amortisation', 'interest', 'income_tax'
                )
                then account_class
        end
    ) as account_group,
    coalesce(
        cash_flow_class,
        case
            when
                account_class in (
                    'income', 'other_income', 'cost_of_sales', 'expense', 'interest', 'income_tax',
                    'receivable', 'payable', 'inventory', 'other_current_asset',
                    'other_current_liability'
                )
                then 'operating'
            when account_class = 'fixed_asset' then 'investing'
            when account_class in ('long_term_liability', 'equity') then 'financing'
        end
    ) as cash_flow_class,
    case
        when account_class is null then 'unclassified'
        when
            account_class in (
                'income', 'other_income', 'cost_of_sales', 'expense', 'depreciation',
                'amortisation', 'interest', 'income_tax'
            )
            then 'income_statement'
        else 'balance_sheet'
    end as statement,
    _landing_id,
    _row_number

from accounts
