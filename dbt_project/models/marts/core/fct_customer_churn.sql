with

islands as (

    select * from {{ ref('int_finance__paying_islands') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

days as (

    select * from {{ ref('dim_date') }}

),

-- Who was paying the day before a period and stops in it has an island that ends in it. The running
-- period ends with the last whole day, the one before the run.
ended as (
    {%- for grain in kpi_grains() %}
    {%- set first_day, last_day = kpi_period_columns(grain) %}

    select
        '{{ grain }}' as grain,
        days.{{ first_day }} as period_start,
        least(days.{{ last_day }}, {{ days_after(as_of_date(), -1) }}) as last_day,
        islands.customer_id,
        islands.paying_until,
        islands.plan,
        islands.end_landing_id,
        islands.end_row_number
    from islands
    inner join days on islands.paying_until = days.date_day
    where
        islands.paying_until < {{ as_of_date() }}
        and islands.paying_from < days.{{ first_day }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

lost as (

    select ended.*
    from ended
    left join islands
        on
            ended.customer_id = islands.customer_id
            and ended.last_day >= islands.paying_from
            and ended.last_day < coalesce(islands.paying_until, cast('9999-12-31' as date))
    where islands.customer_id is null

)

select
    {{ joined_key(['lost.grain', 'lost.period_start', 'lost.customer_id']) }} as customer_churn_id,
    lost.grain,
    lost.period_start,
    lost.customer_id,
    lost.paying_until as churn_date,
    coalesce(customers.region, 'unknown') as region,
    coalesce(customers.segment, 'unknown') as segment,
    coalesce(lost.plan, 'unknown') as plan,
    lost.end_landing_id as _landing_id,
    lost.end_row_number as _row_number

from lost
left join customers on lost.customer_id = customers.customer_id
