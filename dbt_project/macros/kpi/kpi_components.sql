{# The generated SQL of kpi_components_daily: one scan per fact and date, all slices at once. #}

{% macro kpi_scans(plan) %}
    {#- Components that one scan can answer: the same semantic model, counted by the same date. -#}
    {% set scans = {} %}
    {% for component in plan.components.values() | sort(attribute='name') if not component.choice %}
        {% set key = component.semantic_model ~ '_by_' ~ component.time_name %}
        {% do scans.setdefault(key, []).append(component) %}
    {% endfor %}
    {{ return(scans) }}
{% endmacro %}


{% macro kpi_slice_value(expression) %}
    {#- A dimension's value as the text of a slice; nothing is said as (none). -#}
    {{- return("coalesce(nullif(cast(" ~ expression ~ " as string), ''), '(none)')") -}}
{% endmacro %}


{% macro kpi_components_daily_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set plan = kpi_plan() -%}
{%- set scans = kpi_scans(plan) -%}
{%- set chosen = plan.components.values() | selectattr('choice') | sort(attribute='name') -%}
with
{%- if chosen %}
{{ kpi_chosen_calendar() }}
{%- endif %}
{%- for component in chosen if component.name == component.scan %}
{{ kpi_chosen_scan(component, plan.slices[component.scan] | sort) }},
{% endfor %}
{%- for scan, components in scans.items() %}
{%- set first = components[0] -%}
{%- set slices = plan.slices[first.scan] | sort -%}
{%- set semantic_model = kpi_semantic_model(first.semantic_model) %}
{%- set days = ['grain', 'period_start'] + (['period_end'] if first.until else []) %}
{{ scan }}_rows as (
    select
        {{ first.grain_column if first.grain_column else "'day'" }} as grain,
        cast({{ first.time }} as date) as period_start,
        {%- if first.until %}
        cast({{ first.until }} as date) as period_end,
        {%- endif %}
        {%- for slice in slices %}
        {%- set dimension = kpi_dimension(semantic_model, slice) %}
        {{ kpi_slice_value(dimension.expr or dimension.name) }} as {{ slice }}_slice,
        {%- endfor %}
        {%- for component in components %}
        {{ component.contribution }} as {{ component.name }}_part{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref(first.fact) }}
    where cast({{ first.until or first.time }} as date) < {{ as_of_date() }}
),

{{ scan }} as (
    select
        {{ days | join(',
        ') }},
        case
            {%- for slice in slices %}
            when grouping({{ slice }}_slice) = 0 then '{{ slice }}'
            {%- endfor %}
            when true then 'total'
        end as slice,
        case
            {%- for slice in slices %}
            when grouping({{ slice }}_slice) = 0 then {{ slice }}_slice
            {%- endfor %}
            when true then ''
        end as slice_value,
        {%- for component in components %}
        cast(sum({{ component.name }}_part) as decimal(38, 6))
            as {{ component.name }}_sum{{ "," if not loop.last }}
        {%- endfor %}
    from {{ scan }}_rows
    group by grouping sets (
        ({{ days | join(', ') }})
        {%- for slice in slices %},
        ({{ days | join(', ') }}, {{ slice }}_slice)
        {%- endfor %}
    )
){{ "," if not loop.last }}
{% endfor %}
{%- set selects = [] %}
{%- for component in chosen %}
{%- set column = 'value_sum' if component.name == component.scan else 'row_count' %}
{%- do selects.append(kpi_chosen_select(component, column)) %}
{%- endfor %}
{%- for scan, components in scans.items() %}
{%- for component in components %}
{%- if component.window %}
{%- do selects.append(kpi_trailing_select(scan, component)) %}
{%- else %}
{%- do selects.append(kpi_daily_select(scan, component)) %}
{%- endif %}
{%- endfor %}
{%- endfor %}
{{ selects | join('\nunion all\n') }}
{%- endif %}
{% endmacro %}


{% macro kpi_daily_select(scan, component) %}
select
    '{{ component.name }}' as component,
    '{{ component.behaviour }}' as behaviour,
    grain,
    period_start,
    {{ 'period_end' if component.until else 'period_start as period_end' }},
    slice,
    slice_value,
    cast(coalesce({{ component.name }}_sum, 0) as decimal(38, 6)) as amount
from {{ scan }}
where {{ component.name }}_sum is not null or slice = 'total'
{%- endmacro %}


{% macro kpi_trailing_select(scan, component) %}
{#- Of the last so many days: what enters on a day leaves again that many days later, as a balance. -#}
{%- set leaving = days_after('period_start', component.window) %}
select
    '{{ component.name }}' as component,
    'balance' as behaviour,
    'day' as grain,
    period_start,
    period_start as period_end,
    slice,
    slice_value,
    cast(sum(amount) as decimal(38, 6)) as amount
from (
    select period_start, slice, slice_value, coalesce({{ component.name }}_sum, 0) as amount
    from {{ scan }}
    where {{ component.name }}_sum is not null or slice = 'total'

    union all

    select
        {{ leaving }} as period_start, slice, slice_value, -{{ component.name }}_sum as amount
    from {{ scan }}
    where {{ component.name }}_sum is not null and {{ leaving }} < {{ as_of_date() }}
) as entering_and_leaving
group by period_start, slice, slice_value
{%- endmacro %}
