with

employees as (

    select * from {{ ref('int_people__employees_unioned') }}

),

versions as (

    select
        *,
        greatest(valid_from, hired_date) as span_from,
        -- A list may write the day of leaving into one of a person's rows only.
        max(left_date) over (partition by employee_id, hired_date) as last_left_date

    from employees

),

-- Of two rows that hold from the same day, the one that was meant to begin later.
begun as (

    select
        *,
        row_number() over (
            partition by employee_id, span_from
            order by valid_from desc nulls last, _row_number desc nulls last
        ) as place

    from versions

),

followed as (

    select
        *,
        coalesce(left_date, case when last_left_date > span_from then last_left_date end)
            as leaving_date,
        lead(span_from) over (partition by employee_id order by span_from nulls last) as next_from

    from begun
    where place = 1

),

bounded as (

    select
        *,
        case
            when leaving_date is null or next_from <= leaving_date then next_from
            else leaving_date
        end as span_until

    from followed

),

-- What was to hold from a day after the person had left has held on no day.
spans as (

    select
        *,
        lag(span_until) over (partition by employee_id order by span_from nulls last)
            as earlier_until

    from bounded
    where span_until is null or span_until > span_from

),

-- Spans that touch are one employment; who comes back has another.
numbered as (

    select
        *,
        sum(case when earlier_until = span_from then 0 else 1 end) over (
            partition by employee_id
            order by span_from nulls last
            rows between unbounded preceding and current row
        ) as employment_number

    from spans

),

employments as (

    select
        *,
        min(span_from) over (partition by employee_id, employment_number) as employed_from,
        max(coalesce(span_until, cast('9999-12-31' as date)))
            over (partition by employee_id, employment_number) as employed_to

    from numbered

)

-- The digest tells one person from another; the number stays in the landed list.
select
    {{ digest('employee_id') }} as employee_key,
    span_from,
    span_until,
    employed_from,
    nullif(employed_to, cast('9999-12-31' as date)) as employed_until,
    coalesce(job_role, 'unknown') as job_role,
    coalesce(team, 'unknown') as team,
    coalesce(region, 'unknown') as region,
    full_time_share,
    salary_amount,
    currency_code,
    _landing_id,
    _row_number

from employments
