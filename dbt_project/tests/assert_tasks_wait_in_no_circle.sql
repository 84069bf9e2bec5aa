{#
    Tasks that wait for each other in a circle never begin, and their path has no length. The ways
    are followed only from the tasks that were found circular, and each pair once, so that this ends.
#}
with recursive

circular as (
    select
        project_id,
        status_date,
        task_id
    from {{ ref('int_projects__task_walks') }}
    where is_circular
),

dependencies as (
    select
        circular.project_id,
        circular.status_date,
        circular.task_id,
        earlier.task_id as predecessor_id
    from circular
    inner join {{ ref('int_projects__tasks_unioned') }} as tasks
        on
            circular.project_id = tasks.project_id
            and circular.status_date = tasks.status_date
            and circular.task_id = tasks.task_id
    inner join circular as earlier
        on
            circular.project_id = earlier.project_id
            and circular.status_date = earlier.status_date
            and {{ is_listed('earlier.task_id', 'tasks.predecessors') }}
),

waiting (project_id, status_date, task_id, waits_for, steps) as (
    select
        project_id,
        status_date,
        task_id,
        predecessor_id,
        cast(1 as bigint) as steps
    from dependencies

    {{ recursive_union() }}

    select
        waiting.project_id,
        waiting.status_date,
        waiting.task_id,
        dependencies.predecessor_id,
        waiting.steps + 1 as steps
    from waiting
    inner join dependencies
        on
            waiting.project_id = dependencies.project_id
            and waiting.status_date = dependencies.status_date
            and waiting.waits_for = dependencies.task_id
    where
        waiting.task_id <> waiting.waits_for
        and waiting.steps < (select count(*) from circular)
)

select
    project_id,
    status_date,
    task_id,
    min(steps) as tasks_in_the_circle
from waiting
where task_id = waits_for
group by project_id, status_date, task_id
