{#
  A component: what one row of a fact contributes, and on which day. Belongs here: which components
  a simple or cumulative metric is made of. How they become SQL is in kpi_components.sql (sums) and
  kpi_chosen.sql (medians and distinct counts).
#}

{% macro kpi_is_stat(metric) %}
    {#- Whether a metric is a figure of single rows: a median, mean, smallest or largest value. -#}
    {% if metric.type not in ('simple', 'cumulative') %}{{ return(false) }}{% endif %}
    {{ return(kpi_measure(metric).measure.agg in ('median', 'average', 'min', 'max')) }}
{% endmacro %}


{% macro kpi_component(metric) %}
    {#-
      The component of a metric that is a sum of contributions, or a distinct count. Of a figure of
      single rows it is the sum over those rows; kpi_component_of_rows is how many they are.
    -#}
    {% set found = kpi_measure(metric) %}
    {% set measure = found.measure %}
    {% set semantic_model = found.semantic_model %}
    {% set choices = {'median': 'median', 'min': 'min', 'max': 'max', 'count_distinct': 'distinct'} %}
    {% set choice = choices.get(measure.agg | string) %}
    {% if not choice and measure.agg not in ('sum', 'count', 'sum_boolean', 'average') %}
        {{ kpi_refuse(
            metric.name,
            "aggregation `" ~ measure.agg ~ "` of measure " ~ measure.name,
            "Use sum, count, sum_boolean, average, median, min, max or count_distinct."
        ) }}
    {% endif %}
    {% if measure.non_additive_dimension %}
        {{ kpi_refuse(
            metric.name,
            "`non_additive_dimension` of measure " ~ measure.name,
            "A balance is a cumulative metric over a fact of changes."
        ) }}
    {% endif %}
    {% set time_name = measure.agg_time_dimension or semantic_model.defaults.agg_time_dimension %}
    {% set time = kpi_dimension(semantic_model, time_name) %}
    {% set granularity = (time.type_params or {}).get('time_granularity') if time else none %}
    {% if granularity | string != 'day' %}
        {{ kpi_refuse(
            metric.name,
            "time dimension '" ~ time_name ~ "' of measure " ~ measure.name,
            "It must be a time dimension of granularity day."
        ) }}
    {% endif %}
    {% set grain_column = semantic_model.config.meta.get('grain_column') %}
    {% set window = kpi_window(metric) %}
    {% if grain_column and metric.type == 'cumulative' %}
        {{ kpi_refuse(
            metric.name,
            "a running total over a fact per grain",
            "Use a fact of changes by day."
        ) }}
    {% elif choice and semantic_model.config.meta.get('span') %}
        {{ kpi_refuse(
            metric.name,
            "aggregation `" ~ measure.agg ~ "` over rows of several days",
            "Use a fact of events by day, or one per grain."
        ) }}
    {% elif metric.type == 'cumulative' and not window
        and (choice or measure.agg == 'average') %}
        {{ kpi_refuse(
            metric.name,
            "aggregation `" ~ measure.agg ~ "` of all time",
            "Give it a `window` of days, or make it a simple metric."
        ) }}
    {% endif %}
    {% set span = kpi_span(metric, semantic_model, grain_column) %}
    {% set expression = '(' ~ (measure.expr or measure.name) ~ ')' %}
    {% set filter = kpi_filter_sql(metric, semantic_model) %}
    {% if measure.agg in ('count', 'sum_boolean') %}
        {% set condition = expression ~ (' is not null' if measure.agg == 'count' else '') %}
        {% if filter %}{% set condition = condition ~ ' and ' ~ filter %}{% endif %}
        {% set contribution = 'case when ' ~ condition ~ ' then 1 end' %}
    {% else %}
        {% set type = 'string' if choice == 'distinct' else 'decimal(28, 6)' %}
        {% set contribution = 'cast(' ~ expression ~ ' as ' ~ type ~ ')' %}
        {% if filter %}
            {% set contribution = 'case when ' ~ filter ~ ' then ' ~ contribution ~ ' end' %}
        {% endif %}
    {% endif %}
    {% if choice %}
        {% set behaviour = 'chosen' %}
    {% elif grain_column %}
        {% set behaviour = 'per_grain' %}
    {% elif metric.type == 'cumulative' %}
        {% set behaviour = 'trailing' if window else 'balance' %}
    {% else %}
        {% set behaviour = 'flow' %}
    {% endif %}
    {{ return({
        'name': metric.name,
        'semantic_model': semantic_model.name,
        'scan': metric.name if choice else semantic_model.name,
        'fact': kpi_fact(semantic_model),
        'time_name': time_name,
        'time': span.start if span else (time.expr or time.name),
        'until': span.end if span else none,
        'grain_column': grain_column,
        'behaviour': behaviour,
        'choice': choice,
        'window': window,
        'contribution': contribution,
        'description': measure.description or (measure.agg ~ ' of ' ~ expression),
    }) }}
{% endmacro %}


{% macro kpi_component_of_rows(component) %}
    {#- Of a figure of single rows: how many rows it is of. Their values over it is the figure. -#}
    {% set counted = {
        'name': component.name ~ '__rows',
        'contribution': 'case when ' ~ component.contribution ~ ' is not null then 1 end',
        'description': 'rows of: ' ~ component.description,
    } %}
    {{ return(dict(component, **counted)) }}
{% endmacro %}


{% macro kpi_window(metric) %}
    {#- How many days up to the period's end a cumulative metric is of; none for all time. -#}
    {% if metric.type != 'cumulative' %}{{ return(none) }}{% endif %}
    {% set window = (metric.type_params.cumulative_type_params or {}).get('window') %}
    {% if not window %}{{ return(none) }}{% endif %}
    {% if (window.granularity | string) not in ('day', 'days') %}
        {{ kpi_refuse(
            metric.name,
            "`window: " ~ window.count ~ " " ~ window.granularity ~ "`",
            "Write the window in days: months differ in length."
        ) }}
    {% endif %}
    {{ return(window.count | int) }}
{% endmacro %}


{% macro kpi_span(metric, semantic_model, grain_column) %}
    {#-
      The columns with the first and last day of a row, of a fact that declares (`meta.span`) that
      its rows may be of several days; none of any other. Such a row counts in the periods that
      contain it whole.
    -#}
    {% set span = semantic_model.config.meta.get('span') %}
    {% if not span %}{{ return(none) }}{% endif %}
    {% if span.keys() | sort | list != ['end', 'start'] %}
        {{ kpi_refuse(
            metric.name,
            "`span` of semantic model " ~ semantic_model.name,
            "Write `meta: {span: {start: column, end: column}}`."
        ) }}
    {% endif %}
    {% if grain_column or metric.type == 'cumulative' %}
        {{ kpi_refuse(
            metric.name,
            "a running total, or a count per grain, over rows of several days",
            "Use a fact of changes by day."
        ) }}
    {% endif %}
    {{ return(span) }}
{% endmacro %}
