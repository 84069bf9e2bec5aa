with

deals as (

    select * from {{ ref('fct_deals') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

-- Both rows are converted at the rate of the creation, so that a rate never makes a movement.
converted as (

    select
        deals.deal_id,
        deals.created_date,
        case
            when deals.is_open then null
            when deals.close_date < deals.created_date then deals.created_date
            else deals.close_date
        end as left_date,
        deals.region,
        deals.owner,
        deals.currency_code,
        deals.amount,
        {{ convert_amount('deals.amount', 'rates.from_rate', 'rates.to_rate') }}
            as amount_reporting,
        rates.from_rate as fx_from_rate,
        rates.to_rate as fx_to_rate,
        rates.fx_rate_date,
        deals._landing_id,
        deals._row_number

    from deals
    left join rates
        on
            deals.currency_code = rates.currency_code
            and deals.created_date = rates.rate_date

),

changes as (

    select
        *,
        'created' as change_kind,
        created_date as change_date,
        1 as direction

    from converted

    union all

    select
        *,
        'closed' as change_kind,
        left_date as change_date,
        -1 as direction

    from converted
    where left_date is not null

)

select
    deal_id || '|' || change_kind as pipeline_change_id,
    deal_id,
    change_date,
    change_kind,
    region,
    owner,
    currency_code,
    direction as deal_change,
    cast(direction * amount as decimal(18, 6)) as pipeline_amount,
    cast(direction * amount_reporting as decimal(28, 6)) as pipeline_amount_reporting,
    fx_from_rate,
    fx_to_rate,
    fx_rate_date,
    _landing_id,
    _row_number

from changes
