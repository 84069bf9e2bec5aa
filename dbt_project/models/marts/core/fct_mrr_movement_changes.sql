with

movements as (

    select * from {{ ref('fct_mrr_movements') }}

),

changes as (

    select *
    from {{ ref('fct_subscription_mrr') }}
    where change_date < {{ as_of_date() }}

),

days as (

    select * from {{ ref('dim_date') }}

)

select
    {{ joined_key(['movements.mrr_movement_id', 'changes.mrr_change_id']) }}
        as mrr_movement_change_id,
    movements.mrr_movement_id,
    changes.mrr_change_id,
    movements.grain,
    movements.period_start,
    movements.customer_id,
    movements.movement_kind,
    movements.region,
    movements.segment,
    changes.change_date,
    changes.currency_code,
    changes.mrr_amount as mrr_change,
    changes.mrr_amount_reporting as mrr_change_reporting,
    changes.fx_from_rate,
    changes.fx_to_rate,
    changes.fx_rate_date,
    changes._landing_id,
    changes._row_number

from changes
inner join days
    on changes.change_date = days.date_day
inner join movements
    on
        changes.customer_id = movements.customer_id
        and movements.period_start = case movements.grain
            {%- for grain in kpi_grains() %}
            when '{{ grain }}' then days.{{ kpi_period_columns(grain)[0] }}
            {%- endfor %}
        end
