with

tasks as (

    select * from {{ ref('int_projects__tasks_unioned') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

reports as (

    select distinct
        project_id,
        status_date
    from tasks

),

-- A report holds until the project's next one, which has all of its tasks.
followed as (

    select
        project_id,
        status_date,
        lead(status_date) over (partition by project_id order by status_date nulls last)
            as next_status_date
    from reports

),

-- All three at the rate of the report's day, so that a rate moves no index.
converted as (

    select
        tasks.project_id,
        tasks.task_id,
        tasks.status_date,
        followed.next_status_date,
        tasks.currency_code,
        tasks.planned_value_amount,
        {{ convert_amount('tasks.planned_value_amount', 'rates.from_rate', 'rates.to_rate') }}
            as planned_value_amount_reporting,
        tasks.earned_value_amount,
        {{ convert_amount('tasks.earned_value_amount', 'rates.from_rate', 'rates.to_rate') }}
            as earned_value_amount_reporting,
        tasks.actual_cost_amount,
        {{ convert_amount('tasks.actual_cost_amount', 'rates.from_rate', 'rates.to_rate') }}
            as actual_cost_amount_reporting,
        rates.from_rate as fx_from_rate,
        rates.to_rate as fx_to_rate,
        rates.fx_rate_date,
        tasks._landing_id,
        tasks._row_number

    from tasks
    inner join followed
        on tasks.project_id = followed.project_id and tasks.status_date = followed.status_date
    left join rates
        on tasks.currency_code = rates.currency_code and tasks.status_date = rates.rate_date

),

changes as (

    select
        *,
        'reported' as change_kind,
        status_date as change_date,
        1 as direction
    from converted

    union all

    select
        *,
        'superseded' as change_kind,
        next_status_date as change_date,
        -1 as direction
    from converted
    where next_status_date is not null

)

select
    {{ joined_key(['project_id', 'task_id', 'status_date', 'change_kind']) }}
        as project_value_change_id,
    project_id,
    task_id,
    change_date,
    change_kind,
    currency_code,
    cast(direction * planned_value_amount as decimal(18, 6)) as planned_value_amount,
    cast(direction * planned_value_amount_reporting as decimal(28, 6))
        as planned_value_amount_reporting,
    cast(direction * earned_value_amount as decimal(18, 6)) as earned_value_amount,
    cast(direction * earned_value_amount_reporting as decimal(28, 6))
        as earned_value_amount_reporting,
    cast(direction * actual_cost_amount as decimal(18, 6)) as actual_cost_amount,
    cast(direction * actual_cost_amount_reporting as decimal(28, 6))
        as actual_cost_amount_reporting,
    fx_from_rate,
    fx_to_rate,
    fx_rate_date,
    _landing_id,
    _row_number

from changes
