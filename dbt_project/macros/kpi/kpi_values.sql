{# The generated SQL of kpi_values: components beside each other, then one expression per KPI. #}

{% macro kpi_value_branches(plan, cells) %}
{%- for kpi in plan.kpis %}
{%- set is_ratio = kpi.metric.type == 'ratio' %}
    select
        '{{ kpi.name }}' as kpi,
        grain,
        period_start,
        slice,
        slice_value,
        {%- if is_ratio %}
        true as is_ratio,
        cast(null as decimal(38, 6)) as amount,
        cast({{ kpi.parts[0].sql }} as decimal(38, 6)) as numerator,
        cast({{ kpi.parts[1].sql }} as decimal(38, 6)) as denominator
        {%- else %}
        false as is_ratio,
        cast({{ kpi.parts[0].sql }} as decimal(38, 6)) as amount,
        cast(null as decimal(38, 6)) as numerator,
        cast(null as decimal(38, 6)) as denominator
        {%- endif %}
    from {{ cells }}
    where
        slice in ('total'{% for slice in kpi.slices %}, '{{ slice }}'{% endfor %})
        and (
            {%- for part in kpi.columns %}
            {{ "or " if not loop.first }}{{ kpi_cell_column(part) }} is not null
            {%- endfor %}
        )
    {{ "union all" if not loop.last }}
{%- endfor %}
{%- endmacro %}


{% macro kpi_cell_parts(plan) %}
    {#- Every component a KPI reads, and every component it reads of the period before. -#}
    {% set parts = [] %}
    {% for kpi in plan.kpis %}
        {% for part in kpi.columns if part not in parts %}{% do parts.append(part) %}{% endfor %}
    {% endfor %}
    {{ return(parts | sort) }}
{% endmacro %}


{% macro kpi_cell_column(part) %}
    {#- The column of a component; a metric may be called like a key or a word of SQL. -#}
    {{- return('part_' ~ part) -}}
{% endmacro %}


{% macro kpi_lacking(plan) %}
    {#-
      The periods in which something of a KPI is missing, because it is only known of a longer
      period that reaches beyond; as CTEs, for plans with facts of such rows.
    -#}
-- What is only known of several days together is missing where not all of them lie.
lying_across as (
    select distinct component, period_start, period_end
    from {{ ref('kpi_components_daily') }}
    where period_end > period_start and slice = 'total' and behaviour = 'flow'
),

lacking as (
    select distinct parts.kpi, periods.grain, periods.period_start
    from lying_across
    inner join (
        values
        {%- for kpi in plan.kpis %}
        {%- for component in kpi.components.values() if component.until %}
        ({{ kpi_quote(kpi.name) }}, {{ kpi_quote(component.name) }}),
        {%- endfor %}
        {%- endfor %}
        ('', '')
    ) as parts (kpi, component)
        on lying_across.component = parts.component
    inner join periods
        on
            lying_across.period_start <= periods.period_end
            and lying_across.period_end >= periods.period_start
            and not (
                lying_across.period_start >= periods.period_start
                and lying_across.period_end <= periods.period_end
            )
),
{% endmacro %}


{% macro kpi_values_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set plan = kpi_plan() -%}
{%- set has_spans = plan.components.values() | selectattr('until') | list | length > 0 -%}
with

components as (
    select component, grain, period_start, slice, slice_value, amount, comparable_amount
    from {{ ref('kpi_components') }}
),

periods as (
    select grain, period_start, period_end, next_period_start
    from {{ ref('kpi_periods') }}
),

inputs as (
    select kpi, covered_to, settled_to
    from {{ ref('kpi_inputs') }}
    where is_active
),

-- The period before, placed in the period that looks back at it.
placed as (
    select component, grain, period_start, slice, slice_value, amount
    from components

    union all

    select
        components.component || '__earlier' as component,
        components.grain,
        periods.next_period_start as period_start,
        components.slice,
        components.slice_value,
        components.comparable_amount as amount
    from components
    inner join periods
        on components.grain = periods.grain and components.period_start = periods.period_start
    where periods.next_period_start is not null
),

cells as (
    select
        grain,
        period_start,
        slice,
        slice_value,
        {%- for part in kpi_cell_parts(plan) %}
        sum(case when component = '{{ part }}' then amount end)
            as {{ kpi_cell_column(part) }}{{ "," if not loop.last }}
        {%- endfor %}
    from placed
    group by grain, period_start, slice, slice_value
),

figures as (
{{ kpi_value_branches(plan, 'cells') }}
),

{{ kpi_lacking(plan) if has_spans }}

coverage as (
    select
        kpi,
        min(covered_to) as covered_to,
        max(covered_to) as spoken_of_to,
        min(settled_to) as settled_to
    from inputs
    group by kpi
)

select
    figures.kpi,
    figures.grain,
    figures.period_start,
    periods.period_end,
    figures.slice,
    figures.slice_value,
    case
        when figures.is_ratio
            then {{ kpi_ratio('figures.numerator', 'figures.denominator', unit_scale=6) }}
        else figures.amount
    end as value,
    figures.numerator,
    figures.denominator,
    {%- set complete %}periods.period_end < {{ as_of_date() }}
    and periods.period_end <= coalesce(coverage.covered_to, periods.period_end)
    {{- " and lacking.kpi is null" if has_spans }}{% endset %}
    {{ complete }} as is_complete,
    not (
        {{ complete }}
        and periods.period_end <= coalesce(coverage.settled_to, periods.period_end)
    ) as is_provisional
from figures
inner join periods
    on figures.grain = periods.grain and figures.period_start = periods.period_start
left join coverage
    on figures.kpi = coverage.kpi
{%- if has_spans %}
left join lacking
    on
        figures.kpi = lacking.kpi
        and figures.grain = lacking.grain
        and figures.period_start = lacking.period_start
{%- endif %}
-- Of a period that begins after every export has ended nothing is known: it is no 0.
where figures.period_start <= coalesce(coverage.spoken_of_to, figures.period_start)
{%- endif %}
{% endmacro %}
