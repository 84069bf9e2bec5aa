{# Which landed streams feed a KPI: dbt's graph, followed from its facts down to the sources. #}

{% macro kpi_landed_tables(semantic_model_names) %}
    {#- The streams upstream of these semantic models: the landed tables called source__stream. -#}
    {% set waiting = [] %}
    {% set seen = [] %}
    {% set tables = [] %}
    {% for name in semantic_model_names %}
        {% do waiting.extend(kpi_semantic_model(name).depends_on.nodes) %}
    {% endfor %}
    {#- Jinja has no while: the list grows under the loop until nothing new is upstream. -#}
    {% for id in waiting if id not in seen %}
        {% do seen.append(id) %}
        {% if id in graph.sources %}
            {% set source = graph.sources[id] %}
            {% if source.source_name == 'landed' and '__' in source.name %}
                {% do tables.append(source.name) %}
            {% endif %}
        {% elif id in graph.nodes %}
            {% do waiting.extend(graph.nodes[id].depends_on.nodes) %}
        {% endif %}
    {% endfor %}
    {{ return(tables | unique | sort) }}
{% endmacro %}


{% macro kpi_inputs_rows() %}
    {#- (kpi, table) for every published KPI, as rows of a values list. -#}
    {% set rows = [] %}
    {% for kpi in kpi_plan().kpis %}
        {% set names = kpi.components.values() | map(attribute='semantic_model') | unique | list %}
        {% for table in kpi_landed_tables(names) %}
            {% do rows.append('(' ~ kpi_quote(kpi.name) ~ ', ' ~ kpi_quote(table) ~ ')') %}
        {% endfor %}
    {% endfor %}
    {% if not rows %}
        {{ exceptions.raise_compiler_error(
            "No KPI has a landed stream upstream: build the facts from source('landed', …)."
        ) }}
    {% endif %}
    {{ return(rows | join(',\n        ')) }}
{% endmacro %}


{% macro kpi_columns_rows() %}
    {#-
      (kpi, columns): the words of what a KPI adds up, with a blank around each, as rows of a values
      list. An amount is called in a fact as in its stream, with `_reporting` where it is converted.
    -#}
    {% set rows = [] %}
    {% for kpi in kpi_plan().kpis %}
        {% set words = [] %}
        {% for component in kpi.components.values() %}
            {% for word in modules.re.findall('[a-z_][a-z0-9_]*', component.contribution) %}
                {% do words.append(word | replace('_reporting', '')) %}
            {% endfor %}
        {% endfor %}
        {% set columns = ' ' ~ words | unique | sort | join(' ') ~ ' ' %}
        {% do rows.append("('" ~ kpi.name ~ "', '" ~ columns ~ "')") %}
    {% endfor %}
    {{ return(rows | join(',\n        ')) }}
{% endmacro %}
