with

subscriptions as (

    select * from {{ ref('int_finance__subscriptions_priced') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

-- Both rows are converted at the rate of the start, so that a rate never makes a movement.
converted as (

    select
        subscriptions.*,
        coalesce(customers.region, 'unknown') as region,
        coalesce(customers.segment, 'unknown') as segment,
        {{ convert_amount('subscriptions.mrr_amount', 'rates.from_rate', 'rates.to_rate') }}
            as mrr_amount_reporting,
        rates.from_rate as fx_from_rate,
        rates.to_rate as fx_to_rate,
        rates.fx_rate_date

    from subscriptions
    left join customers on subscriptions.customer_id = customers.customer_id
    left join rates
        on
            subscriptions.currency_code = rates.currency_code
            and subscriptions.start_date = rates.rate_date

),

changes as (

    select
        *,
        'start' as change_kind,
        start_date as change_date,
        1 as direction

    from converted

    union all

    select
        *,
        'end' as change_kind,
        end_date as change_date,
        -1 as direction

    from converted
    where end_date is not null

)

select
    subscription_id || '|' || change_kind as mrr_change_id,
    subscription_id,
    customer_id,
    change_date,
    change_kind,
    coalesce(plan, 'unknown') as plan,
    region,
    segment,
    currency_code,
    cast(direction * mrr_amount as decimal(18, 6)) as mrr_amount,
    cast(direction * mrr_amount_reporting as decimal(28, 6)) as mrr_amount_reporting,
    fx_from_rate,
    fx_to_rate,
    fx_rate_date,
    _landing_id,
    _row_number

from changes
