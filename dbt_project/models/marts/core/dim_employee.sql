with

spans as (

    select * from {{ ref('int_people__employment_spans') }}
    where span_from < {{ as_of_date() }}

),

newest_first as (

    select
        *,
        row_number() over (partition by employee_key order by span_from desc nulls last) as place

    from spans

)

select
    employee_key,
    job_role,
    team,
    region,
    cast(full_time_share as decimal(5, 4)) as full_time_share,
    employed_from as hired_date,
    employed_until as left_date,
    _landing_id,
    _row_number

from newest_first
where place = 1
