{#- 52 weeks before a month, quarter or year of whole weeks lies a day of the same one last year. -#}
{%- set by_weeks = '-' in var('calendar') %}
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
        calendar.{{ first_day }} as period_start,
        calendar.{{ last_day }} as period_end
        {%- if by_weeks %},
        earlier.{{ first_day }} as last_year_period_start
        {%- endif %}
    from calendar
    {%- if by_weeks %}
    left join calendar as earlier
        on earlier.date_day = {{ days_after('calendar.' ~ first_day, -364) }}
    {%- endif %}
    where calendar.{{ first_day }} < {{ as_of_date() }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

neighbours as (
    select
        grain,
        period_start,
        period_end,
        {{ "last_year_period_start," if by_weeks }}
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
        {%- if by_weeks %}
        when grain in ('month', 'quarter', 'year') then last_year_period_start
        {%- endif %}
        when grain = 'week'{{ " or grain = 'day'" if by_weeks }}
            then {{ days_after('period_start', -364) }}
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
