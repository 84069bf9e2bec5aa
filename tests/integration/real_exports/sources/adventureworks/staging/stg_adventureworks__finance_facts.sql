{#-
    The export says one side of each entry, and balances of assets and liabilities as stocks, which are
    no entries at all. What was actually earned and spent is taken, and booked against one clearing
    account, so that every journal balances.
-#}
with

landed as (

    select * from {{ source('landed', 'adventureworks__finance_facts') }}

),

accounts as (

    select * from {{ source('landed', 'adventureworks__accounts') }}

),

-- Signed as a debit; negative amounts exist and belong to the other side.
debited as (

    select
        landed.finance_key,
        landed.account_key,
        landed.currency_code,
        landed.posting_date,
        case when accounts.account_type = 'Revenue' then -landed.amount else landed.amount end
            as debited_amount,
        landed._landing_id,
        landed._row_number

    from landed
    inner join accounts on landed.account_key = accounts.account_key
    where
        landed.scenario_key = 1
        and accounts.account_type in ('Revenue', 'Expenditures')

),

two_sided as (

    select
        *,
        'entry' as side,
        account_key as side_account_key,
        debited_amount as side_amount
    from debited

    union all

    select
        *,
        'clearing' as side,
        'clearing' as side_account_key,
        -debited_amount as side_amount
    from debited

),

renamed as (

    select
        -- ids
        {{ joined_key(["'adventureworks'", "finance_key", "side"]) }} as ledger_entry_id,
        {{ joined_key(["'adventureworks'", "finance_key"]) }} as journal_id,
        {{ joined_key(["'adventureworks'", "side_account_key"]) }} as account_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        case when side_amount > 0 then side_amount else 0 end as debit_amount,
        case when side_amount < 0 then -side_amount else 0 end as credit_amount,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from two_sided

)

select * from renamed
