with

landed as (

    select * from {{ source('landed', 'projects__tasks') }}

),

renamed as (

    select
        -- ids
        trim(project_id) as project_id,
        trim(task_id) as task_id,

        -- strings
        {{ filled('task_name') }} as task_name,
        {{ map_words('task_status', {
            'not_started': ['not started', 'open', 'to do', 'planned'],
            'in_progress': ['in progress', 'started', 'doing'],
            'done': ['done', 'finished', 'completed', 'closed'],
            'canceled': ['canceled', 'cancelled'],
        }) }} as task_status,
        {{ filled('predecessors') }} as predecessors,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        planned_value_amount,
        earned_value_amount,
        actual_cost_amount,

        -- numbers
        duration_days,

        -- dates
        status_date,
        planned_start_date,
        planned_end_date,
        started_date,
        finished_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
