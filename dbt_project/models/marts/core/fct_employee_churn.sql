with

spans as (

    select * from {{ ref('int_people__employment_spans') }}

),

days as (

    select * from {{ ref('dim_date') }}

),

employments as (

    select distinct
        employee_key,
        employed_from,
        employed_until
    from spans

),

-- Who was employed the day before a period and leaves in it. The running period ends with the last
-- whole day, the one before the run.
ended as (
    {%- for grain in kpi_grains() %}
    {%- set first_day, last_day = kpi_period_columns(grain) %}

    select
        '{{ grain }}' as grain,
        days.{{ first_day }} as period_start,
        least(days.{{ last_day }}, {{ days_after(as_of_date(), -1) }}) as last_day,
        employments.employee_key,
        employments.employed_until
    from employments
    inner join days on employments.employed_until = days.date_day
    where
        employments.employed_until < {{ as_of_date() }}
        and employments.employed_from < days.{{ first_day }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- Who came back before the period's end is not lost.
lost as (

    select ended.*
    from ended
    left join employments
        on
            ended.employee_key = employments.employee_key
            and ended.last_day >= employments.employed_from
            and ended.last_day < coalesce(employments.employed_until, cast('9999-12-31' as date))
    where employments.employee_key is null

)

-- A lost person is missing where they were when the period began.
select
    {{ joined_key(['lost.grain', 'lost.period_start', 'lost.employee_key']) }} as employee_churn_id,
    lost.grain,
    lost.period_start,
    lost.employee_key,
    lost.employed_until as left_date,
    spans.job_role,
    spans.team,
    spans.region,
    spans._landing_id,
    spans._row_number

from lost
inner join spans
    on
        lost.employee_key = spans.employee_key
        and lost.period_start > spans.span_from
        and lost.period_start <= coalesce(spans.span_until, cast('9999-12-31' as date))
