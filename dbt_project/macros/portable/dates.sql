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

{# The first day of the month, quarter, year or (as the company counts it) week of a date. #}
{% macro period_start(grain, date) -%}
    {%- if grain == "day" -%}
        cast({{ date }} as date)
    {%- elif grain == "week" and var("week_start") == "sunday" -%}
        {{ days_after("cast(date_trunc('week', " ~ days_after(date, 1) ~ ") as date)", -1) }}
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
