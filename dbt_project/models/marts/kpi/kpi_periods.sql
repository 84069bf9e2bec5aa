with

calendar as (
    select
        date_day,
        {%- for grain in kpi_grains() if grain != 'day' %}
        {{ kpi_period_columns(grain) | join(', ') }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('dim_date') }}
    -- The calendar knows decades; the KPIs begin with the first fact.
    where date_day >= (select min(period_start) from {{ ref('kpi_components_daily') }})
),

periods as (
    {%- for grain in kpi_grains() %}
    {%- set first_day, last_day = kpi_period_columns(grain) %}
    select distinct
        '{{ grain }}' as grain,
        {{ first_day }} as period_start,
        {{ last_day }} as period_end
    from calendar
    where {{ first_day }} < {{ as_of_date() }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

neighbours as (
    select
        grain,
        period_start,
        period_end,
        lag(period_start) over (partition by grain order by period_start nulls last)
            as previous_period_start,
        lead(period_start) over (partition by grain order by period_start nulls last)
            as next_period_start,
        lead(period_end) over (partition by grain order by period_start nulls last)
            as next_period_end
    from periods
)

select
    grain,
    period_start,
    period_end,
    previous_period_start,
    next_period_start,
    case
        when grain = 'week' then {{ days_after('period_start', -364) }}
        else {{ months_after('period_start', -12) }}
    end as last_year_period_start,
    -- A period still running looks back at the same number of days only.
    case
        when next_period_end >= {{ as_of_date() }}
            then least(
                {{ days_after('period_end', 1) }},
                {{ days_after('period_start', days_between('next_period_start', as_of_date())) }}
            )
        else {{ days_after('period_end', 1) }}
    end as comparable_until
from neighbours
