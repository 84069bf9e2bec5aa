{{ config(materialized='table') }}

with recursive

reported as (

    select
        project_id,
        status_date,
        task_id,
        cast(duration_days as decimal(18, 6)) as duration_days,
        predecessors,
        _landing_id,
        _row_number,
        count(*) over (partition by project_id, status_date) as open_tasks

    from {{ ref('int_projects__tasks_unioned') }}
    where task_status in ('not_started', 'in_progress')

),

-- What is done or given up is waited for no longer: only open tasks hold each other up.
dependencies as (

    select
        tasks.project_id,
        tasks.status_date,
        tasks.task_id,
        earlier.task_id as predecessor_id

    from reported as tasks
    inner join reported as earlier
        on
            tasks.project_id = earlier.project_id
            and tasks.status_date = earlier.status_date
            and {{ is_listed('earlier.task_id', 'tasks.predecessors') }}

),

first_tasks as (

    select reported.*
    from reported
    left join dependencies
        on
            reported.project_id = dependencies.project_id
            and reported.status_date = dependencies.status_date
            and reported.task_id = dependencies.task_id
    where dependencies.task_id is null

),

-- Every way through the open tasks from one that waits for none. A way with more tasks than there
-- are has come round in a circle; it goes on until it has been at all of the circle once more.
walks (project_id, status_date, task_id, path_days, path_tasks) as (

    select
        project_id,
        status_date,
        task_id,
        coalesce(duration_days, 0) as path_days,
        cast(1 as bigint) as path_tasks
    from first_tasks

    {{ recursive_union() }}

    select
        walks.project_id,
        walks.status_date,
        dependencies.task_id,
        cast(walks.path_days + coalesce(reported.duration_days, 0) as decimal(18, 6)) as path_days,
        walks.path_tasks + 1 as path_tasks
    from walks
    inner join dependencies
        on
            walks.project_id = dependencies.project_id
            and walks.status_date = dependencies.status_date
            and walks.task_id = dependencies.predecessor_id
    inner join reported
        on
            dependencies.project_id = reported.project_id
            and dependencies.status_date = reported.status_date
            and dependencies.task_id = reported.task_id
    where walks.path_tasks < 2 * reported.open_tasks

),

longest as (

    select
        project_id,
        status_date,
        task_id,
        max(path_days) as path_days,
        max(path_tasks) as path_tasks
    from walks
    group by project_id, status_date, task_id

)

select
    reported.project_id,
    reported.status_date,
    reported.task_id,
    longest.path_days,
    -- A task in a circle is reached by no way, or by one with more tasks than there are.
    coalesce(longest.path_tasks > reported.open_tasks, true) as is_circular,
    reported._landing_id,
    reported._row_number

from reported
left join longest
    on
        reported.project_id = longest.project_id
        and reported.status_date = longest.status_date
        and reported.task_id = longest.task_id
