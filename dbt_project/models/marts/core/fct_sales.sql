with

order_lines as (

    select * from {{ ref('stg_order_lines__order_lines') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

-- An order is one sale, counted on its first line; what a line cost nobody knows, nobody earned.
ranked as (

    select
        *,
        row_number() over (
            partition by order_id, line_kind
            order by order_date asc nulls last, order_line_id asc nulls last
        ) as place,
        max(case when cost_amount is null then 1 else 0 end) over (partition by order_id) = 0
            as is_cost_known
    from order_lines

)

select
    ranked.order_line_id,
    ranked.order_id,
    ranked.line_kind,
    ranked.order_date,
    coalesce(ranked.product, 'unknown') as product,
    coalesce(ranked.region, 'unknown') as region,
    coalesce(ranked.channel, 'unknown') as channel,
    ranked.is_cost_known,
    case when ranked.line_kind = 'sale' and ranked.place = 1 then 1 else 0 end as sale_count,
    ranked.currency_code,
    ranked.net_amount,
    {{ convert_amount('ranked.net_amount', 'rates.from_rate', 'rates.to_rate') }}
        as net_amount_reporting,
    ranked.cost_amount,
    {{ convert_amount('ranked.cost_amount', 'rates.from_rate', 'rates.to_rate') }}
        as cost_amount_reporting,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    ranked._landing_id,
    ranked._row_number

from ranked
left join rates
    on
        ranked.currency_code = rates.currency_code
        and ranked.order_date = rates.rate_date
