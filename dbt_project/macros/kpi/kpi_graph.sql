{#
  Reads the definitions (models/kpis) out of dbt's graph, and refuses what the generator would get
  wrong. Belongs here: finding metrics, measures and dimensions. How they become SQL is in
  kpi_component.sql, kpi_plan.sql, kpi_components.sql, kpi_chosen.sql and kpi_values.sql.
#}

{% macro kpi_refuse(metric, feature, remedy) %}
    {{ exceptions.raise_compiler_error(
        "Metric '" ~ metric ~ "': " ~ feature ~ " is not understood by the KPI macros. " ~ remedy
    ) }}
{% endmacro %}


{% macro kpi_published() %}
    {#- The metrics that are KPIs, by name; a metric without meta.kpi is a building block. -#}
    {% set found = [] %}
    {% for metric in graph.metrics.values() if metric.config.meta.get('kpi') %}
        {% do found.append(metric) %}
    {% endfor %}
    {{ return(found | sort(attribute='name')) }}
{% endmacro %}


{% macro kpi_metric(name, wanted_by='a KPI') %}
    {% for metric in graph.metrics.values() if metric.name == name %}
        {{ return(metric) }}
    {% endfor %}
    {{ exceptions.raise_compiler_error(
        "There is no metric '" ~ name ~ "', which " ~ wanted_by ~ " names."
    ) }}
{% endmacro %}


{% macro kpi_measure(metric) %}
    {#- The measure of a simple or cumulative metric, and the semantic model it stands in. -#}
    {% set wanted = metric.type_params.measure.name %}
    {% for semantic_model in graph.semantic_models.values() %}
        {% for measure in semantic_model.measures if measure.name == wanted %}
            {{ return({'measure': measure, 'semantic_model': semantic_model}) }}
        {% endfor %}
    {% endfor %}
    {{ exceptions.raise_compiler_error(
        "Metric '" ~ metric.name ~ "' names measure '" ~ wanted ~ "', which no semantic model has."
    ) }}
{% endmacro %}


{% macro kpi_semantic_model(name) %}
    {{ return(graph.semantic_models.values() | selectattr('name', 'equalto', name) | first) }}
{% endmacro %}


{% macro kpi_dimension(semantic_model, name) %}
    {#- A dimension of a semantic model; none where it has no such dimension. -#}
    {% for dimension in semantic_model.dimensions if dimension.name == name %}
        {{ return(dimension) }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{% macro kpi_fact(semantic_model) %}
    {#- The model that a semantic model describes; refused where the KPIs do not wait for it. -#}
    {% set fact = semantic_model.refs[0].name %}
    {% if model is defined and model.name == 'kpi_components_daily' %}
        {% set ids = semantic_model.depends_on.nodes %}
        {% if ids[0] not in model.depends_on.nodes %}
            {{ exceptions.raise_compiler_error(
                "Semantic model '" ~ semantic_model.name ~ "' reads " ~ fact
                ~ ", which is not built before the KPIs. Add the line `-- depends_on: {"
                ~ "{ ref('" ~ fact ~ "') }" ~ "}` to kpi_components_daily.sql."
            ) }}
        {% endif %}
    {% endif %}
    {{ return(fact) }}
{% endmacro %}


{% macro kpi_refuse_unknown_features(metric) %}
    {#- What a metric could say beyond what is generated is refused, never ignored. -#}
    {% set params = metric.type_params %}
    {% if metric.type not in ('simple', 'cumulative', 'ratio', 'derived') %}
        {{ kpi_refuse(
            metric.name,
            "type `" ~ metric.type ~ "`",
            "Use simple, cumulative, ratio or derived."
        ) }}
    {% endif %}
    {% if metric.time_granularity %}
        {{ kpi_refuse(
            metric.name,
            "`time_granularity`",
            "Every KPI exists at every grain; take it out."
        ) }}
    {% endif %}
    {% if metric.filter and metric.type not in ('simple', 'cumulative') %}
        {{ kpi_refuse(
            metric.name,
            "`filter` on a " ~ metric.type ~ " metric",
            "Filter the simple metrics it is made of."
        ) }}
    {% endif %}
    {% if params.conversion_type_params %}
        {{ kpi_refuse(
            metric.name,
            "`conversion_type_params`",
            "Count the conversions in a fact instead."
        ) }}
    {% endif %}
    {% set cumulative = params.cumulative_type_params or {} %}
    {% for feature in ('grain_to_date', 'metric') if cumulative.get(feature) or params.get(feature) %}
        {{ kpi_refuse(
            metric.name,
            "`cumulative_type_params." ~ feature ~ "`",
            "A cumulative metric is the running total of all time, or of a `window` of days."
        ) }}
    {% endfor %}
    {% if metric.type == 'cumulative' and cumulative.get('period_agg') != 'last' %}
        {{ kpi_refuse(
            metric.name,
            "`period_agg: " ~ cumulative.get('period_agg', 'first') ~ "`",
            "A balance is the value at the period's end: "
            ~ "write `cumulative_type_params: {period_agg: last}`."
        ) }}
    {% endif %}
    {% if metric.type in ('simple', 'cumulative') %}
        {% if params.measure.join_to_timespine %}
            {{ kpi_refuse(
                metric.name,
                "`join_to_timespine`",
                "Empty periods of the total are 0 already; take it out."
            ) }}
        {% elif params.measure.fill_nulls_with not in (none, 0) %}
            {{ kpi_refuse(
                metric.name,
                "`fill_nulls_with: " ~ params.measure.fill_nulls_with ~ "`",
                "What is absent is 0 in every expression; write 0, or take it out."
            ) }}
        {% elif params.measure.fill_nulls_with == 0 and kpi_is_stat(metric) %}
            {{ kpi_refuse(
                metric.name,
                "`fill_nulls_with` of a figure of single rows",
                "Without a row there is no such figure; take it out."
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{% macro kpi_refuse_input_features(metric, input) %}
    {#- Of what an input could say, only an offset of one period is understood. -#}
    {% if input.filter %}
        {{ kpi_refuse(
            metric.name,
            "`filter` on the input " ~ input.name,
            "Declare a simple metric with that filter and use it."
        ) }}
    {% endif %}
    {% if input.offset_to_grain %}
        {{ kpi_refuse(
            metric.name,
            "`offset_to_grain` on the input " ~ input.name,
            "Only `offset_window: 1 month` is: one period of the grain earlier."
        ) }}
    {% endif %}
    {% set window = input.offset_window %}
    {% if window and not (window.count == 1 and (window.granularity | string) == 'month') %}
        {{ kpi_refuse(
            metric.name,
            "`offset_window: " ~ window.count ~ " " ~ window.granularity ~ "`",
            "Only `1 month` is; it means one period of the grain earlier, at every grain."
        ) }}
    {% endif %}
{% endmacro %}


{% macro kpi_filter_sql(metric, semantic_model) %}
    {#- The filters of a simple metric as SQL over the fact's columns; '' without one. -#}
    {% set conditions = [] %}
    {% set filters = ((metric.filter or {}).get('where_filters') or [])
        + ((metric.type_params.measure.filter or {}).get('where_filters') or []) %}
    {% for filter in filters %}
        {% set state = namespace(sql=filter.where_sql_template) %}
        {% set pattern = "[{][{]\\s*Dimension\\(\\s*['\"]([A-Za-z0-9_]+)['\"]\\s*\\)\\s*[}][}]" %}
        {% for path in modules.re.findall(pattern, filter.where_sql_template) %}
            {% set dimension = kpi_dimension(semantic_model, path.split('__')[-1]) %}
            {% if dimension is none or path.split('__') | length != 2 %}
                {{ kpi_refuse(
                    metric.name,
                    "a filter on '" ~ path ~ "'",
                    "Filter on a dimension of semantic model '" ~ semantic_model.name
                    ~ "', written entity__dimension."
                ) }}
            {% endif %}
            {% set state.sql = modules.re.sub(
                "[{][{]\\s*Dimension\\(\\s*['\"]" ~ path ~ "['\"]\\s*\\)\\s*[}][}]",
                '(' ~ (dimension.expr or dimension.name) ~ ')', state.sql) %}
        {% endfor %}
        {% if '{' in state.sql %}
            {{ kpi_refuse(
                metric.name,
                "the filter `" ~ filter.where_sql_template ~ "`",
                "Only conditions on Dimension('entity__dimension') are."
            ) }}
        {% endif %}
        {% do conditions.append('(' ~ state.sql ~ ')') %}
    {% endfor %}
    {{ return(conditions | join(' and ')) }}
{% endmacro %}
