{#
  Which KPIs of money are split into a constant-currency value and an effect of exchange rates, and
  why the others are not. How they are split is in kpi_fx_effects.sql, what a KPI reads in kpi_plan.sql.
#}

{% macro kpi_fx_reason(kpi) %}
    {#- Why a KPI is not split; none where it is. It has to be a sum of converted amounts of rows. -#}
    {% if kpi.is_divided %}
        {{ return('It is divided, or a figure of single rows: read the KPIs that it is made of.') }}
    {% elif not kpi.parts[0].linear %}
        {{ return('Its formula is no sum.') }}
    {% endif %}
    {% for item in kpi.parts[0].components %}
        {% set component = item.component %}
        {% if item.earlier %}
            {{ return('It looks back at the period before, which has constant rates of its own.') }}
        {% elif component.behaviour not in ('flow', 'balance', 'per_grain') %}
            {{ return(component.name ~ ' is no sum of what happens on each day.') }}
        {% endif %}
        {% set reason = kpi_fx_reason_of_component(component) %}
        {% if reason %}{{ return(reason) }}{% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro kpi_fx_reason_of_component(component) %}
    {#- Why a component has no twin in constant currency; none where it has one. -#}
    {% set amounts = kpi_fx_amounts(component) %}
    {% if not amounts %}{{ return(component.name ~ ' is no converted amount.') }}{% endif %}
    {% set fact = kpi_fx_fact(component) %}
    {% set columns = kpi_fx_columns(fact) %}
    {% set currencies = [] %}
    {% for column in columns if modules.re.search('currency_code$', column) %}
        {% do currencies.append(column) %}
    {% endfor %}
    {% if currencies != ['currency_code'] %}
        {{ return(fact ~ ' has not one currency for each of its rows.') }}
    {% endif %}
    {% for amount in amounts %}
        {% for column in (amount, 'fx_from_rate', 'fx_to_rate') if column not in columns %}
            {{ return(fact ~ ' has no column ' ~ column ~ '.') }}
        {% endfor %}
    {% endfor %}
    {#- Outside of conditions only sums: then the twin of a sum is the sum of the twins. -#}
    {% set whole = component.contribution | lower %}
    {% set summed = modules.re.sub('(?s)\\bwhen\\b.*?\\bthen\\b', ' then ', whole) %}
    {% set functions = [] %}
    {% for name in modules.re.findall('([a-z_]\\w*)\\s*\\(', summed) %}
        {% if name not in ('cast', 'decimal', 'then', 'else', 'case') %}{% do functions.append(name) %}{% endif %}
    {% endfor %}
    {% set is_product = '*' in summed and modules.re.findall('_reporting\\b', summed) | length > 1 %}
    {% set asked = modules.re.findall('_reporting\\b', whole) | length
        - modules.re.findall('_reporting\\b', summed) | length %}
    {% if functions or '/' in summed or is_product or asked %}
        {{ return(component.name ~ ' does more with converted amounts than to add them up.') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{% macro kpi_fx_fact(component) %}
    {#-
      The fact with the original amounts of a component: its own, or the one that its semantic model
      names (`meta.original_amounts`), whose rows are what its rows are made of.
    -#}
    {% set semantic_model = kpi_semantic_model(component.semantic_model) %}
    {{ return(semantic_model.config.meta.get('original_amounts') or component.fact) }}
{% endmacro %}


{% macro kpi_fx_columns(fact) %}
    {#- The columns that a fact declares; its contract holds it to them. -#}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.name == fact %}
        {{ return(node.columns.keys() | list) }}
    {% endfor %}
    {{ return([]) }}
{% endmacro %}


{% macro kpi_fx_amounts(component) %}
    {#- The original amounts whose conversions a component adds up. -#}
    {{ return(modules.re.findall('\\b(\\w+)_reporting\\b', component.contribution) | unique | sort) }}
{% endmacro %}


{% macro kpi_fx_contribution(component, prefix) %}
    {#- What a row contributes, of amounts that are converted in another way. -#}
    {{ return(modules.re.sub('\\b(\\w+)_reporting\\b', prefix ~ '\\1', component.contribution)) }}
{% endmacro %}


{% macro kpi_of_money() %}
    {#- The KPIs that are money, or money per something. -#}
    {% set found = [] %}
    {% for kpi in kpi_plan().kpis if kpi.meta.unit.startswith('money') %}{% do found.append(kpi) %}{% endfor %}
    {{ return(found) }}
{% endmacro %}


{% macro kpi_fx_coverage_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- for kpi in kpi_of_money() %}
{%- set reason = kpi_fx_reason(kpi) %}
select
    {{ kpi_quote(kpi.name) }} as kpi,
    {{ 'false' if reason else 'true' }} as is_covered,
    cast({{ kpi_quote(reason) }} as string) as reason
{{ "union all" if not loop.last }}
{%- endfor %}
{%- endif %}
{% endmacro %}
