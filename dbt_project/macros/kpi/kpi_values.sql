{# The generated SQL of kpi_values: components beside each other, then one expression per KPI. #}

{% macro kpi_value_branches(plan, cells) %}
{%- for kpi in plan.kpis %}
{%- set is_ratio = kpi.is_divided %}
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
    from {{ cells ~ '_per_month' if kpi.per_month else cells }}
    where
        {%- if kpi.grains | length < kpi_grains() | length %}
        grain in ('{{ kpi.grains | join("', '") }}') and
        {%- endif %}
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


{% macro kpi_cells_per_month(plan) %}
    {#-
      The cells of KPIs that are per month: a quarter and a year are the sums over their months. The
      number of months is the same above and below the line, and so in neither.
    -#}
    {% set parts = [] %}
    {% for kpi in plan.kpis if kpi.per_month %}
        {% for part in kpi.columns if part not in parts %}{% do parts.append(part) %}{% endfor %}
    {% endfor %}
-- What is defined per month is, of a quarter and a year, the sums over their months.
longer_periods as (
    select months.period_start as month_start, longer.grain, longer.period_start
    from periods as months
    inner join periods as longer
        on
            longer.grain in ('month', 'quarter', 'year')
            and months.period_start between longer.period_start and longer.period_end
    where months.grain = 'month'
),

cells_per_month as (
    select
        longer_periods.grain,
        longer_periods.period_start,
        cells.slice,
        cells.slice_value,
        {%- for part in parts | sort %}
        sum(cells.{{ kpi_cell_column(part) }}) as {{ kpi_cell_column(part) }}{{ "," if not loop.last }}
        {%- endfor %}
    from cells
    inner join longer_periods
        on cells.period_start = longer_periods.month_start
    where cells.grain = 'month'
    group by
        longer_periods.grain, longer_periods.period_start, cells.slice, cells.slice_value
),
{% endmacro %}


{% macro kpi_lacking(plan) %}
    {#-
      The periods in which something of a KPI is missing, as CTEs: days that a stream should have
      told of and did not, and what is only known of a longer period that reaches beyond.
    -#}
{%- set has_spans = plan.components.values() | selectattr('until') | list | length > 0 %}
{%- if has_spans %}
-- What is only known of several days together is missing where not all of them lie.
lying_across as (
    select distinct component, period_start, period_end
    from {{ ref('kpi_components_daily') }}
    where period_end > period_start and slice = 'total' and behaviour = 'flow'
),
{%- endif %}

missing_days as (
    select table_name, day
    from {{ source('landed', 'missing_days') }}
    where not is_told_elsewhere
),

lacking as (
    select distinct inputs.kpi, periods.grain, periods.period_start
    from missing_days
    inner join inputs
        on missing_days.table_name = inputs.table_name
    inner join periods
        on missing_days.day between periods.period_start and periods.period_end

    {%- if has_spans %}

    union

    select parts.kpi, periods.grain, periods.period_start
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
    {%- endif %}
),
{% endmacro %}


{% macro kpi_values_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set plan = kpi_plan() -%}
{%- set has_months = plan.kpis | selectattr('per_month') | list | length > 0 -%}
{%- set maturing = plan.kpis | selectattr('matures_after_days') | list -%}
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
    select kpi, table_name, covered_to, settled_to
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
        placed.grain,
        placed.period_start,
        placed.slice,
        placed.slice_value,
        {%- for part in kpi_cell_parts(plan) %}
        sum(case when placed.component = '{{ part }}' then placed.amount end)
            as {{ kpi_cell_column(part) }},
        {%- endfor %}
        {{ days_between(
            'periods.period_start',
            'least(' ~ days_after('periods.period_end', 1) ~ ', ' ~ as_of_date() ~ ')'
        ) }} as days_in_period
    from placed
    inner join periods
        on placed.grain = periods.grain and placed.period_start = periods.period_start
    group by
        placed.grain, placed.period_start, placed.slice, placed.slice_value, periods.period_start,
        periods.period_end
),

{{ kpi_cells_per_month(plan) if has_months }}

figures as (
{{ kpi_value_branches(plan, 'cells') }}
),

{{ kpi_lacking(plan) }}

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
    {%- set settled_day = 'periods.period_end' %}
    {%- if maturing %}
    {%- set settled_day %}
    {%- set days %}case
        {%- for kpi in maturing %} when figures.kpi = '{{ kpi.name }}' then {{ kpi.matures_after_days }}{% endfor %} else 0 end
    {%- endset %}
    {{- days_after('periods.period_end', days) }}
    {%- endset %}
    {%- endif %}
    {%- set complete %}{{ settled_day }} < {{ as_of_date() }}
    and {{ settled_day }} <= coalesce(coverage.covered_to, {{ settled_day }})
    and lacking.kpi is null{% endset %}
    {{ complete }} as is_complete,
    not (
        {{ complete }}
        and {{ settled_day }} <= coalesce(coverage.settled_to, {{ settled_day }})
    ) as is_provisional
from figures
inner join periods
    on figures.grain = periods.grain and figures.period_start = periods.period_start
left join coverage
    on figures.kpi = coverage.kpi
left join lacking
    on
        figures.kpi = lacking.kpi
        and figures.grain = lacking.grain
        and figures.period_start = lacking.period_start
-- Of a period that begins after every export has ended nothing is known: it is no 0.
where figures.period_start <= coalesce(coverage.spoken_of_to, figures.period_start)
{%- endif %}
{% endmacro %}
