{# The generated SQL of dim_kpi: what every KPI declares, and what follows from its definition. #}

{% macro kpi_formula(kpi) %}
    {#- The definition as text, from the metrics themselves: it cannot disagree with the figure. -#}
    {% if kpi.metric.type != 'ratio' and kpi.is_divided %}
        {{ return(kpi_measure(kpi.metric).measure.agg ~ ' of ' ~ kpi.parts[0].text) }}
    {% elif kpi.is_divided %}
        {{ return('(' ~ kpi.parts[0].text ~ ') / (' ~ kpi.parts[1].text ~ ')') }}
    {% endif %}
    {{ return(kpi.parts[0].text) }}
{% endmacro %}


{% macro kpi_definition_digest(kpi) %}
    {#- Changes exactly when the computation changes; texts and owners do not count. -#}
    {% set said = [kpi.metric.type, kpi.meta.kind] %}
    {% for part in kpi.parts %}{% do said.append(part.sql) %}{% endfor %}
    {% for variant in kpi.variants %}
        {% do said.extend(variant.published_as.values()) %}
        {% do said.extend(variant.parts | map(attribute='sql')) %}
    {% endfor %}
    {% for component in kpi.components.values() | sort(attribute='name') %}
        {% do said.append([
            component.name,
            component.fact,
            component.time,
            component.grain_column,
            component.behaviour,
            component.contribution,
        ] | join('|')) %}
        {% for also in (component.until, component.choice, component.window) if also %}
            {% do said.append(also) %}
        {% endfor %}
    {% endfor %}
    {% if kpi.per_month %}{% do said.append('per month') %}{% endif %}
    {{ return(local_md5(said | join('\n'))) }}
{% endmacro %}


{% macro kpi_number(value) %}
    {{ return("cast(" ~ ('null' if value is none else "'" ~ value ~ "'") ~ " as decimal(38, 6))") }}
{% endmacro %}


{% macro dim_kpi_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set plan = kpi_plan() -%}
{%- for kpi in plan.kpis -%}
{%- set meta = kpi.meta -%}
{%- set labels = meta.labels or {} -%}
{%- set descriptions = meta.descriptions or {} -%}
{%- set baseline = meta.baseline or {} -%}
{%- set benchmark = meta.benchmark or {} %}
select
    {{ kpi_quote(kpi.name) }} as kpi,
    {{ kpi_quote(kpi.metric.label) }} as label,
    {{ kpi_quote(labels.get('zh-Hant')) }} as label_zh_hant,
    {{ kpi_quote(labels.get('zh-Hans')) }} as label_zh_hans,
    {{ kpi_quote(labels.get('vi')) }} as label_vi,
    {{ kpi_quote(kpi.metric.description) }} as description,
    {{ kpi_quote(descriptions.get('zh-Hant')) }} as description_zh_hant,
    {{ kpi_quote(descriptions.get('zh-Hans')) }} as description_zh_hans,
    {{ kpi_quote(descriptions.get('vi')) }} as description_vi,
    {{ kpi_quote(meta.goal) }} as goal,
    {{ kpi_quote(kpi_formula(kpi)) }} as formula,
    {{ kpi_quote(meta.unit) }} as unit,
    {{ kpi_quote(meta.better) }} as better,
    {{ kpi_quote(meta.kind) }} as kind,
    {{ kpi_quote(meta.timing) }} as timing,
    {{ kpi_quote((meta.descriptors or []) | join(', ')) }} as descriptors,
    {{ kpi_quote(meta.level) }} as level,
    {{ kpi_quote(meta.scope) }} as scope,
    {{ kpi_quote((kpi.slices + kpi.variants | map(attribute='published_as.slice') | unique | list) | join(', ')) }}
        as slices,
    {{ kpi_quote(kpi.grains | join(', ')) }} as grains,
    {{ kpi_quote(kpi.additive) }} as additive,
    {{ kpi_quote(kpi.parts_additive) }} as parts_additive,
    {{ kpi_quote(meta.owner.team) }} as owner_team,
    {{ kpi_quote(meta.owner.email) }} as owner_email,
    {{ kpi_quote(meta.owner.team ~ ' <' ~ meta.owner.email ~ '>') }} as owner,
    cast({{ kpi_quote(meta.review.date) }} as date) as review_date,
    {{ kpi_quote(meta.review.cadence) }} as review_cadence,
    {{ kpi_number(baseline.get('value')) }} as baseline,
    {{ kpi_quote(baseline.get('source')) }} as baseline_source,
    {{ kpi_number(benchmark.get('value')) }} as benchmark,
    {{ kpi_quote(benchmark.get('source')) }} as benchmark_source,
    cast({{ meta.get('stale_after_hours', 96) }} as bigint) as stale_after_hours,
    cast({{ meta.version }} as bigint) as definition_version,
    {{ kpi_quote(kpi_definition_digest(kpi)) }} as definition_digest
{{ "union all" if not loop.last }}
{%- endfor %}
{%- endif %}
{% endmacro %}
