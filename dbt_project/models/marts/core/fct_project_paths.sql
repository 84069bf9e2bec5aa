with

tasks as (

    select * from {{ ref('int_projects__tasks_unioned') }}

),

walks as (

    select * from {{ ref('int_projects__task_walks') }}

),

days as (

    select * from {{ ref('dim_date') }}
    where date_day < {{ as_of_date() }}

),

-- Where nothing is open any more, the path has no days; a row of the report stands for it.
ends as (

    select
        tasks.project_id,
        tasks.status_date,
        coalesce(walks.path_days, 0) as path_days,
        case when walks.task_id is not null then tasks.task_id end as last_task_id,
        tasks._landing_id,
        tasks._row_number,
        row_number() over (
            partition by tasks.project_id, tasks.status_date
            order by coalesce(walks.path_days, -1) desc nulls last, tasks.task_id nulls last
        ) as place

    from tasks
    left join walks
        on
            tasks.project_id = walks.project_id
            and tasks.status_date = walks.status_date
            and tasks.task_id = walks.task_id

),

reports as (

    select
        project_id,
        status_date,
        path_days,
        last_task_id,
        _landing_id,
        _row_number,
        lead(status_date) over (partition by project_id order by status_date nulls last)
            as next_status_date

    from ends
    where place = 1

),

-- The running period ends with the last whole day, the one before the run.
periods as (
    {%- for grain in kpi_grains() %}
    {%- set start = kpi_period_columns(grain)[0] %}

    select
        '{{ grain }}' as grain,
        {{ start }} as period_start,
        max(date_day) as last_day
    from days
    where date_day >= (select min(reports.status_date) from reports)
    group by {{ start }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    {{ joined_key(['periods.grain', 'periods.period_start', 'reports.project_id']) }}
        as project_path_id,
    periods.grain,
    periods.period_start,
    reports.project_id,
    reports.status_date,
    reports.last_task_id,
    cast(reports.path_days as decimal(18, 6)) as critical_path_days,
    reports._landing_id,
    reports._row_number

from periods
inner join reports
    on
        periods.last_day >= reports.status_date
        and periods.last_day < coalesce(reports.next_status_date, cast('9999-12-31' as date))
