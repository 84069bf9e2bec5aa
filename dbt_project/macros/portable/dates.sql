{# Days, calendars and time zones. The day of the run is a variable, never the machine's clock. #}

{# The day the run stands on; figures of it and later are not complete. #}
{% macro as_of_date() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{# The business day, in the company's time zone, of a timestamp in UTC. #}
{% macro business_date(timestamp_utc) -%}
    {%- if var("time_zone") == "UTC" -%}
        cast({{ timestamp_utc }} as date)
    {%- else -%}
        {{ adapter.dispatch("business_date")(timestamp_utc) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__business_date(timestamp_utc) -%}
    cast(({{ timestamp_utc }} at time zone 'UTC') at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}

{% macro spark__business_date(timestamp_utc) -%}
    cast(from_utc_timestamp({{ timestamp_utc }}, '{{ var("time_zone") }}') as date)
{%- endmacro %}

{# The date `days` later; `days` is an integer expression and may be negative. #}
{% macro days_after(date, days) -%}
    {{ adapter.dispatch("days_after")(date, days) }}
{%- endmacro %}

{% macro duckdb__days_after(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_after(date, days) -%}
    date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}

{# How many days `later` is after `earlier`. #}
{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch("days_between")(earlier, later) }}
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as integer)
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{# The hours from one moment to a later one, to six decimals; none where either is unknown or wrong. #}
{% macro hours_between(earlier, later) -%}
    case
        when {{ later }} >= {{ earlier }} then {{ kpi_ratio(
            'cast(' ~ dbt.datediff(earlier, later, 'second') ~ ' as decimal(18, 0))',
            'cast(3600 as decimal(18, 0))',
            unit_scale=0
        ) }}
    end
{%- endmacro %}

{# The moment so many minutes, rounded down, after another. #}
{% macro minutes_after(moment, minutes) -%}
    {{ dbt.dateadd('minute', 'cast(floor(' ~ minutes ~ ') as bigint)', moment) }}
{%- endmacro %}

{# The date so many whole months later; the day of the month is kept, and must exist in both. #}
{% macro months_after(date, months) -%}
    {{ adapter.dispatch("months_after")(date, months) }}
{%- endmacro %}

{% macro duckdb__months_after(date, months) -%}
    cast({{ date }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__months_after(date, months) -%}
    add_months({{ date }}, {{ months }})
{%- endmacro %}

{# The first day of the week of a date, as the company counts weeks. #}
{% macro week_start(date) -%}
    {%- if var("week_start") == "sunday" -%}
        {{ days_after("cast(date_trunc('week', " ~ days_after(date, 1) ~ ") as date)", -1) }}
    {%- else -%}
        cast(date_trunc('week', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}

{# A date's month, moved so that the first month of the fiscal year is a January. #}
{% macro fiscal_month_date(date) -%}
    {{ months_after("cast(date_trunc('month', " ~ date ~ ") as date)", 1 - var("fiscal_year_start")) }}
{%- endmacro %}

{# The first day, by calendar months, of the fiscal quarter or year of a date. #}
{% macro fiscal_start(grain, date) -%}
    {{ months_after(
        "cast(date_trunc('" ~ grain ~ "', " ~ fiscal_month_date(date) ~ ") as date)",
        var("fiscal_year_start") - 1
    ) }}
{%- endmacro %}

{#
  Of a year of whole weeks (4-4-5, 4-5-4, 5-4-4), the days before the month of this number, 0 to 11.
  A 53rd week belongs to the last month.
#}
{% macro days_before_month(number) -%}
    {%- set weeks = var("calendar").split("-") | map("int") | list -%}
    {{ 7 * (13 * (number // 3) + weeks[:number % 3] | sum) }}
{%- endmacro %}

{# The number, 1 to `12 // months`, of the period of so many months that so many days lead into. #}
{% macro of_whole_weeks(days, months=1) -%}
    1
    {%- for number in range(months, 12, months) %}
    + case when {{ days }} >= {{ days_before_month(number) }} then 1 else 0 end
    {%- endfor %}
{%- endmacro %}

{# The days from the year's start to the first day of the period of so many months with that number. #}
{% macro days_before_period(number, months=1) -%}
    case {{ number }}
        {%- for place in range(0, 12, months) %} when {{ place // months + 1 }} then {{ days_before_month(place) }}{% endfor %}
    end
{%- endmacro %}

{# The first day of the year of whole weeks of a date: the week start nearest to its fiscal year's 1st. #}
{% macro year_of_weeks(date) -%}
    {{ week_start(days_after(fiscal_start("year", days_after(week_start(date), 3)), 3)) }}
{%- endmacro %}

{#
  The first day of the period of a grain that a date lies in, of dates that may lie beyond dim_date;
  dim_date says the same of its days.
#}
{% macro period_start(grain, date) -%}
    {%- set months = {"month": 1, "quarter": 3, "year": 12} -%}
    {%- if grain == "day" -%}
        cast({{ date }} as date)
    {%- elif grain == "week" -%}
        {{ week_start(date) }}
    {%- elif "-" in var("calendar") -%}
        {%- set first_day = year_of_weeks(date) -%}
        {%- set number = of_whole_weeks(days_between(first_day, date), months[grain]) -%}
        {{ days_after(first_day, days_before_period(number, months[grain])) }}
    {%- elif var("calendar") == "fiscal" and grain != "month" -%}
        {{ fiscal_start(grain, date) }}
    {%- else -%}
        cast(date_trunc('{{ grain }}', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}

{# The last day, inclusive, of the period that starts on a date. #}
{% macro period_end(grain, start) -%}
    {%- set months = {"month": 1, "quarter": 3, "year": 12} -%}
    {%- if grain == "day" -%}
        {{ start }}
    {%- elif grain == "week" -%}
        {{ days_after(start, 6) }}
    {%- elif "-" in var("calendar") -%}
        {#- As many days on as the longest has, the next one is reached and not yet over. -#}
        {%- set longest = {"month": 42, "quarter": 98, "year": 371} -%}
        {{ days_after(period_start(grain, days_after(start, longest[grain])), -1) }}
    {%- else -%}
        {{ days_after(months_after(start, months[grain]), -1) }}
    {%- endif -%}
{%- endmacro %}

{# A select of every day from `first` to `last`, both inclusive, as `date_day`. #}
{% macro date_series(first, last) -%}
    {{ adapter.dispatch("date_series")(first, last) }}
{%- endmacro %}

{% macro duckdb__date_series(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
{%- endmacro %}

{% macro spark__date_series(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}

{# Every day that any model knows of: from before any business of today, to a year past the run. #}
{% macro known_days() -%}
    {{ date_series("cast('1990-01-01' as date)", days_after(as_of_date(), 400)) }}
{%- endmacro %}
