with

days as (

    {{ known_days() }}

),

-- A fiscal year is named after the calendar year in which it ends.
fiscal as (

    select
        date_day,
        {{ months_after(
            "cast(date_trunc('month', date_day) as date)",
            '1 - ' ~ var('fiscal_year_start')
        ) }} as fiscal_month_date,
        {{ days_after("cast(date_trunc('week', date_day) as date)", 3) }} as thursday

    from days

),

calendar as (

    select
        date_day,
        {%- for grain in ['week', 'month', 'quarter', 'year'] %}
        {{ period_start(grain, 'date_day') }} as {{ grain }}_start_date,
        {{ period_end(grain, period_start(grain, 'date_day')) }} as {{ grain }}_end_date,
        {%- endfor %}
        cast(extract(year from thursday) as integer) as iso_year,
        cast(weekofyear(date_day) as integer) as iso_week,
        {{ days_between("cast(date_trunc('week', date_day) as date)", 'date_day') }} + 1
            as iso_day_of_week,
        cast(extract(year from fiscal_month_date) as integer)
        + {{ 0 if var('fiscal_year_start') == 1 else 1 }} as fiscal_year,
        cast(extract(quarter from fiscal_month_date) as integer) as fiscal_quarter,
        cast(extract(month from fiscal_month_date) as integer) as fiscal_month

    from fiscal

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
    iso_year,
    iso_week,
    cast(iso_day_of_week as integer) as iso_day_of_week,
    cast(fiscal_year as integer) as fiscal_year,
    fiscal_quarter,
    fiscal_month,
    iso_day_of_week >= 6 as is_weekend

from calendar
