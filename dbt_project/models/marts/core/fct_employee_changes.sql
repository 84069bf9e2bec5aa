with

spans as (

    select * from {{ ref('int_people__employment_spans') }}

),

changes as (

    select
        *,
        span_from as change_date,
        case when span_from = employed_from then 'hired' else 'moved_in' end as change_kind,
        1 as headcount_change

    from spans

    union all

    select
        *,
        span_until as change_date,
        case when span_until = employed_until then 'left' else 'moved_out' end as change_kind,
        -1 as headcount_change

    from spans
    where span_until is not null

)

select
    {{ joined_key(['employee_key', 'change_date', 'change_kind']) }} as employee_change_id,
    employee_key,
    change_date,
    change_kind,
    cast(headcount_change as integer) as headcount_change,
    job_role,
    team,
    region,
    _landing_id,
    _row_number

from changes
