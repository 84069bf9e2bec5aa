with

deals as (

    select
        *,
        case when is_open then created_date else close_date end as rate_date

    from {{ ref('int_crm__deals_unioned') }}

),

accounts as (

    select * from {{ ref('int_crm__accounts_unioned') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    deals.deal_id,
    coalesce(accounts.account_id, deals.account_id) as account_id,
    deals.created_date,
    deals.close_date,
    deals.stage,
    deals.is_won,
    deals.is_lost,
    deals.is_open,
    case
        when deals.is_won and deals.close_date >= deals.created_date
            then {{ days_between('deals.created_date', 'deals.close_date') }}
    end as sales_cycle_days,
    coalesce(deals.region, accounts.region, 'unknown') as region,
    coalesce(accounts.segment, 'unknown') as segment,
    coalesce(deals.owner_id, 'unknown') as owner,
    deals.currency_code,
    deals.amount,
    {{ convert_amount('deals.amount', 'rates.from_rate', 'rates.to_rate') }}
        as amount_reporting,
    deals.probability,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    deals._landing_id,
    deals._row_number

from deals
left join accounts on deals.account_record_id = accounts.account_record_id
left join rates
    on
        deals.currency_code = rates.currency_code
        and deals.rate_date = rates.rate_date
