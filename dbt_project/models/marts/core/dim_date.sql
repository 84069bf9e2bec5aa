{#- Months of the calendar, of a fiscal year, or of whole weeks, as KPI_CALENDAR says. -#}
{%- set calendar = var('calendar') %}
{%- set by_weeks = '-' in calendar %}
{%- set months = {'month': 1, 'quarter': 3, 'year': 12} %}
with

days as (

    {{ known_days() }}

),

weeks as (

    select
        date_day,
        {{ week_start('date_day') }} as week_start_date,
        cast(date_trunc('week', date_day) as date) as monday,
        {{ days_after(week_start('date_day'), 3) if by_weeks else 'date_day' }} as fiscal_day
    from days

),

fiscal as (

    select
        date_day,
        week_start_date,
        monday,
        {{ fiscal_month_date('fiscal_day') }} as fiscal_month_date,
        {{ fiscal_start('year', 'fiscal_day') }} as fiscal_first_day
    from weeks

),

{%- if by_weeks %}

years as (

    select
        date_day,
        week_start_date,
        monday,
        fiscal_month_date,
        {{ week_start(days_after('fiscal_first_day', 3)) }} as year_start_date,
        {{ days_after(week_start(days_after(months_after('fiscal_first_day', 12), 3)), -1) }}
            as year_end_date
    from fiscal

),

numbered as (

    select
        date_day,
        week_start_date,
        monday,
        fiscal_month_date,
        year_start_date,
        year_end_date,
        {%- set days_into_year = days_between('year_start_date', 'date_day') %}
        {{ of_whole_weeks(days_into_year, 3) }} as fiscal_quarter,
        {{ of_whole_weeks(days_into_year) }} as fiscal_month
    from years

),
{%- endif %}

calendar as (

    select
        date_day,
        monday,
        week_start_date,
        {{ days_after('week_start_date', 6) }} as week_end_date,
        {%- if by_weeks %}
        {%- for grain in ['month', 'quarter'] %}
        {%- set number = 'fiscal_' ~ grain %}
        {{ days_after('year_start_date', days_before_period(number, months[grain])) }}
            as {{ grain }}_start_date,
        case
            when {{ number }} = {{ 12 // months[grain] }} then year_end_date
            else {{ days_after(
                'year_start_date',
                days_before_period(number ~ ' + 1', months[grain]) ~ ' - 1'
            ) }}
        end as {{ grain }}_end_date,
        {%- endfor %}
        year_start_date,
        year_end_date,
        fiscal_quarter,
        fiscal_month,
        {%- else %}
        {%- for grain in ['month', 'quarter', 'year'] %}
        {%- if calendar == 'fiscal' %}
        {%- set start = fiscal_start(grain, 'date_day') %}
        {%- else %}
        {%- set start = "cast(date_trunc('" ~ grain ~ "', date_day) as date)" %}
        {%- endif %}
        {{ start }} as {{ grain }}_start_date,
        {{ days_after(months_after(start, months[grain]), -1) }} as {{ grain }}_end_date,
        {%- endfor %}
        extract(quarter from fiscal_month_date) as fiscal_quarter,
        extract(month from fiscal_month_date) as fiscal_month,
        {%- endif %}
        extract(year from fiscal_month_date) + {{ 0 if var('fiscal_year_start') == 1 else 1 }}
            as fiscal_year,
        extract(year from {{ days_after('monday', 3) }}) as iso_year,
        {{ days_between('monday', 'date_day') }} + 1 as iso_day_of_week
    from {{ 'numbered' if by_weeks else 'fiscal' }}

)

select
    date_day,
    week_start_date,
    week_end_date,
    month_start_date,
    month_end_date,
    quarter_start_date,
    quarter_end_date,
    year_start_date,
    year_end_date,
    cast(iso_year as integer) as iso_year,
    cast(weekofyear(date_day) as integer) as iso_week,
    cast(iso_day_of_week as integer) as iso_day_of_week,
    cast(fiscal_year as integer) as fiscal_year,
    cast(fiscal_quarter as integer) as fiscal_quarter,
    cast(fiscal_month as integer) as fiscal_month,
    iso_day_of_week >= 6 as is_weekend
from calendar
