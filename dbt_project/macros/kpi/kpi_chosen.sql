{#
  The generated SQL of what does not add up: medians, smallest and largest values (which rows are
  chosen depends on all rows of the period) and distinct counts. Computed for every grain from the
  fact itself; a figure of rows is kept as their sum and their number, divided last.
#}

{% macro kpi_chosen_calendar() %}
chosen_calendar as (
    {{ kpi_days_of_periods() }}
),

chosen_periods as (
    select grain, period_start, max(date_day) as last_day
    from chosen_calendar
    group by grain, period_start
),
{% endmacro %}


{% macro kpi_chosen_scan(component, slices) %}
{%- set semantic_model = kpi_semantic_model(component.semantic_model) -%}
{%- set cell = 'grain, period_start, slice, slice_value' %}
{%- set when = ('grain, ' if component.grain_column else '') ~ 'date_day' %}
{{ component.name }}_rows as (
    select
        {%- if component.grain_column %}
        {{ component.grain_column }} as grain,
        {%- endif %}
        cast({{ component.time }} as date) as date_day,
        {%- for slice in slices %}
        {%- set dimension = kpi_dimension(semantic_model, slice) %}
        {{ kpi_slice_value(dimension.expr or dimension.name) }} as {{ slice }}_slice,
        {%- endfor %}
        {{ component.contribution }} as chosen_value
    from {{ ref(component.fact) }}
    where
        cast({{ component.time }} as date) < {{ as_of_date() }}
        and {{ component.contribution }} is not null
),

{{ component.name }}_sliced as (
    select {{ when }}, 'total' as slice, '' as slice_value, chosen_value
    from {{ component.name }}_rows
    {%- for slice in slices %}
    union all
    select {{ when }}, '{{ slice }}' as slice, {{ slice }}_slice as slice_value, chosen_value
    from {{ component.name }}_rows
    {%- endfor %}
),

{{ component.name }}_cells as (
    {%- if component.grain_column %}
    -- The fact says of which period of which grain a row is.
    select grain, date_day as period_start, slice, slice_value, chosen_value
    from {{ component.name }}_sliced
    {%- else %}
    select periods.grain, periods.period_start, sliced.slice, sliced.slice_value, sliced.chosen_value
    from {{ component.name }}_sliced as sliced
    {%- if component.window %}
    inner join chosen_periods as periods
        on
            sliced.date_day <= periods.last_day
            and sliced.date_day > {{ days_after('periods.last_day', -component.window) }}
    {%- else %}
    inner join chosen_calendar as periods
        on sliced.date_day = periods.date_day
    {%- endif %}
    {%- endif %}
),

{%- if component.choice == 'distinct' %}

{{ component.name }} as (
    select {{ cell }}, count(distinct chosen_value) as value_sum
    from {{ component.name }}_cells
    group by {{ cell }}
)
{%- else %}

{{ component.name }}_ranked as (
    select
        {{ cell }},
        chosen_value,
        row_number() over (
            partition by {{ cell }}
            order by chosen_value {{ 'desc' if component.choice == 'max' else 'asc' }} nulls last
        ) as place,
        count(*) over (partition by {{ cell }}) as places
    from {{ component.name }}_cells
),

{{ component.name }} as (
    select {{ cell }}, sum(chosen_value) as value_sum, count(*) as row_count
    from {{ component.name }}_ranked
    where {{ kpi_chosen_places(component.choice) }}
    group by {{ cell }}
)
{%- endif %}
{%- endmacro %}


{% macro kpi_chosen_places(choice) -%}
    {#- Which of the sorted rows are the figure; of an even number, the median is of two. -#}
    {{ return('place * 2 between places and places + 2' if choice == 'median' else 'place = 1') }}
{%- endmacro %}


{% macro kpi_chosen_select(component, column) %}
select
    '{{ component.name }}' as component,
    'per_grain' as behaviour,
    grain,
    period_start,
    period_start as period_end,
    slice,
    slice_value,
    cast({{ column }} as decimal(38, 6)) as amount
from {{ component.scan }}
{%- endmacro %}
