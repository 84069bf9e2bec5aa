{# The generated SQL of kpi_values: what each KPI reads, in its places, then an expression each. #}

{% macro kpi_cell_column(part) %}
    {#- The name of a component in an expression; a metric may be called like a word of SQL. -#}
    {{- return('part_' ~ part) -}}
{% endmacro %}


{% macro kpi_parts_rows(plan) %}
    {#- What each KPI reads, as rows (kpi, component, is_earlier, place); a name with its place. -#}
    {% set rows = [] %}
    {% for kpi in plan.kpis %}
        {% for column in kpi.columns %}
            {% set component = modules.re.sub('__earlier$', '', column) %}
            {% do rows.append(
                "(" ~ kpi_quote(kpi.name) ~ ", " ~ kpi_quote(component) ~ ", "
                ~ ("true" if component != column else "false") ~ ", " ~ loop.index ~ ")"
            ) %}
        {% endfor %}
    {% endfor %}
    {{ return(rows | join(',\n        ')) }}
{% endmacro %}


{% macro kpi_parts(plan) %}
    {#- What each KPI reads, as a CTE. -#}
parts as (
    select kpi, component, is_earlier, place
    from (
        values
        {{ kpi_parts_rows(plan) }}
    ) as declared (kpi, component, is_earlier, place)
),
{% endmacro %}


{% macro kpi_places(plan) %}
    {#- Columns `place_1` and so on: in each place the sum of what a KPI reads there. -#}
    {% set columns = [] %}
    {% for place in range(1, (plan.kpis | map(attribute='columns') | map('length') | max) + 1) %}
        {% do columns.append('sum(case when place = ' ~ place ~ ' then amount end) as place_' ~ place) %}
    {% endfor %}
    {{- return(columns | join(',\n        ')) -}}
{% endmacro %}


{% macro kpi_slices_rows(plan) %}
    {#- The slices of each KPI, as rows (kpi, slice). -#}
    {% set rows = [] %}
    {% for kpi in plan.kpis %}
        {% for slice in ['total'] + kpi.slices %}
            {% do rows.append("(" ~ kpi_quote(kpi.name) ~ ", " ~ kpi_quote(slice) ~ ")") %}
        {% endfor %}
    {% endfor %}
    {{ return(rows | join(',\n        ')) }}
{% endmacro %}


{% macro kpi_case(kpis, index) %}
    {#-
      The amount (index 0 of what is not divided), numerator (0) or denominator (1) of some KPIs,
      over the places of what they read. Many KPIs share an expression, which is written once.
    -#}
    {% set expressions = {} %}
    {% for kpi in kpis %}
        {% set state = namespace(sql=kpi.parts[index].sql) %}
        {% for column in kpi.columns %}
            {% set name = '\\b' ~ kpi_cell_column(column) ~ '\\b' %}
            {% set state.sql = modules.re.sub(name, 'place_' ~ loop.index, state.sql) %}
        {% endfor %}
        {% do expressions.setdefault(state.sql, []).append(kpi_quote(kpi.name)) %}
    {% endfor %}
    {% if not expressions %}{{ return('cast(null as decimal(38, 6))') }}{% endif %}
    {% set cases = [] %}
    {% for expression, names in expressions.items() %}
        {% do cases.append(
            'when kpi in (' ~ names | join(', ') ~ ')\n                then cast('
            ~ expression ~ ' as decimal(38, 6))'
        ) %}
    {% endfor %}
    {{ return('case\n            ' ~ cases | join('\n            ') ~ '\n        end') }}
{% endmacro %}


{% macro kpi_not_in_its_grains(plan) %}
    {#- Whether a row is of a grain in which its KPI does not exist; none where all KPIs have all. -#}
    {% set kpis = {} %}
    {% for kpi in plan.kpis if kpi.grains | length < kpi_grains() | length %}
        {% do kpis.setdefault(kpi.grains | join("', '"), []).append(kpi_quote(kpi.name)) %}
    {% endfor %}
    {% set conditions = [] %}
    {% for grains, names in kpis.items() %}
        {% do conditions.append(
            "(kpi in (" ~ names | join(', ') ~ ") and grain not in ('" ~ grains ~ "'))"
        ) %}
    {% endfor %}
    {{ return(conditions | join(' or ')) }}
{% endmacro %}


{% macro kpi_read_per_month(plan) %}
    {#-
      What KPIs that are per month read: of a quarter and a year, what their months do. The number
      of months is the same above and below the line, and so in neither.
    -#}
    {% set names = [] %}
    {% for kpi in plan.kpis if kpi.per_month %}{% do names.append(kpi_quote(kpi.name)) %}{% endfor %}
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

read_in_its_way as (
    select kpi, place, grain, period_start, slice, slice_value, amount
    from read_by_kpi
    where kpi not in ({{ names | join(', ') }})

    union all

    select
        read_by_kpi.kpi,
        read_by_kpi.place,
        longer_periods.grain,
        longer_periods.period_start,
        read_by_kpi.slice,
        read_by_kpi.slice_value,
        read_by_kpi.amount
    from read_by_kpi
    inner join longer_periods
        on read_by_kpi.period_start = longer_periods.month_start
    where
        read_by_kpi.grain = 'month'
        and read_by_kpi.kpi in ({{ names | join(', ') }})
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


{% macro kpi_as_declared(variants, column) %}
    {#- The KPI, slice or value that a variant is published under; any other KPI's own. -#}
    {% set cases = [] %}
    {% for variant in variants %}
        {% do cases.append(
            'when ' ~ kpi_quote(variant.name) ~ ' then ' ~ kpi_quote(variant.published_as[column])
        ) %}
    {% endfor %}
    {{- return('case kpi ' ~ cases | join(' ') ~ ' else ' ~ column ~ ' end' if cases else column) -}}
{% endmacro %}


{% macro kpi_values_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set declared = kpi_plan() -%}
{%- set variants = declared.kpis | map(attribute='variants') | sum(start=[]) -%}
{#- A variant is computed like a KPI of its own, over the total of what it reads. -#}
{%- set plan = dict(declared, kpis=declared.kpis + variants) -%}
{%- set has_months = plan.kpis | selectattr('per_month') | list | length > 0 -%}
{%- set maturing = declared.kpis | selectattr('matures_after_days') | list -%}
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

{{ kpi_parts(plan) }}

slices as (
    select kpi, slice
    from (
        values
        {{ kpi_slices_rows(plan) }}
    ) as declared (kpi, slice)
),

sliced_parts as (
    select parts.kpi, parts.component, parts.is_earlier, parts.place, slices.slice
    from parts
    inner join slices
        on parts.kpi = slices.kpi
),

read_by_kpi as (
    select
        sliced_parts.kpi,
        sliced_parts.place,
        components.grain,
        components.period_start,
        components.slice,
        components.slice_value,
        components.amount
    from components
    inner join sliced_parts
        on components.component = sliced_parts.component and components.slice = sliced_parts.slice
    where not sliced_parts.is_earlier

    union all

    -- The period before, placed in the period that looks back at it.
    select
        sliced_parts.kpi,
        sliced_parts.place,
        components.grain,
        periods.next_period_start as period_start,
        components.slice,
        components.slice_value,
        components.comparable_amount as amount
    from components
    inner join sliced_parts
        on components.component = sliced_parts.component and components.slice = sliced_parts.slice
    inner join periods
        on components.grain = periods.grain and components.period_start = periods.period_start
    where sliced_parts.is_earlier and periods.next_period_start is not null
),

{{ kpi_read_per_month(plan) if has_months }}

{%- set strange = kpi_not_in_its_grains(plan) %}

cells as (
    select
        kpi,
        grain,
        period_start,
        slice,
        slice_value,
        {{ kpi_places(plan) }}
    from {{ 'read_in_its_way' if has_months else 'read_by_kpi' }}
    where amount is not null {{- " and not (" ~ strange ~ ")" if strange }}
    group by kpi, grain, period_start, slice, slice_value
),

lasting as (
    select
        cells.*,
        periods.period_end,
        {{ days_between(
            'periods.period_start',
            'least(' ~ days_after('periods.period_end', 1) ~ ', ' ~ as_of_date() ~ ')'
        ) }} as days_in_period
    from cells
    inner join periods
        on cells.grain = periods.grain and cells.period_start = periods.period_start
),

{%- set ratios = plan.kpis | selectattr('is_divided') | list %}

computed as (
    select
        kpi,
        grain,
        period_start,
        period_end,
        slice,
        slice_value,
        {{ kpi_case(plan.kpis | rejectattr('is_divided') | list, 0) }} as amount,
        {{ kpi_case(ratios, 0) }} as numerator,
        {{ kpi_case(ratios, 1) }} as denominator
    from lasting
),

figures as (
    select
        {{ kpi_as_declared(variants, 'kpi') }} as kpi,
        grain,
        period_start,
        period_end,
        {{ kpi_as_declared(variants, 'slice') }} as slice,
        {{ kpi_as_declared(variants, 'slice_value') }} as slice_value,
        amount,
        numerator,
        denominator
    from computed
),

{{ kpi_lacking(declared) }}

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
    figures.period_end,
    figures.slice,
    figures.slice_value,
    {%- set ratio = kpi_ratio('figures.numerator', 'figures.denominator', unit_scale=6) %}
    coalesce(figures.amount, {{ ratio }}) as value,
    figures.numerator,
    figures.denominator,
    {%- set settled_day = 'figures.period_end' %}
    {%- if maturing %}
    {%- set settled_day %}
    {%- set days %}case
        {%- for kpi in maturing %} when figures.kpi = '{{ kpi.name }}' then {{ kpi.matures_after_days }}{% endfor %} else 0 end
    {%- endset %}
    {{- days_after('figures.period_end', days) }}
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
