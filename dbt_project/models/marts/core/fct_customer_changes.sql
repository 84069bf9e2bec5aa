with

islands as (

    select * from {{ ref('int_finance__paying_islands') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

changes as (

    select
        customer_id,
        paying_from as change_date,
        1 as paying_change,
        island_number = 1 as is_first,
        plan,
        start_landing_id as _landing_id,
        start_row_number as _row_number

    from islands

    union all

    select
        customer_id,
        paying_until as change_date,
        -1 as paying_change,
        false as is_first,
        plan,
        end_landing_id as _landing_id,
        end_row_number as _row_number

    from islands
    where paying_until is not null

)

select
    changes.customer_id,
    changes.change_date,
    cast(changes.paying_change as integer) as paying_change,
    changes.is_first,
    coalesce(customers.region, 'unknown') as region,
    coalesce(customers.segment, 'unknown') as segment,
    coalesce(changes.plan, 'unknown') as plan,
    changes._landing_id,
    changes._row_number

from changes
left join customers on changes.customer_id = customers.customer_id
