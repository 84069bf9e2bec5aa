{#
  What has to be computed: the components (one per simple or cumulative metric) and, per KPI, its
  expression over them. SQL is written from this plan in kpi_components.sql and kpi_values.sql.
#}

{% macro kpi_component(metric) %}
    {#-
      A component: what one row of the fact contributes, and on which day. Every supported
      aggregation is a sum of contributions, which is what lets a figure be explained row by row.
    -#}
    {% set found = kpi_measure(metric) %}
    {% set measure = found.measure %}
    {% set semantic_model = found.semantic_model %}
    {% if measure.agg not in ('sum', 'count', 'sum_boolean') %}
        {{ kpi_refuse(
            metric.name,
            "aggregation `" ~ measure.agg ~ "` of measure " ~ measure.name,
            "Use sum, count or sum_boolean."
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
    {% if grain_column and metric.type == 'cumulative' %}
        {{ kpi_refuse(
            metric.name,
            "a running total over a fact per grain",
            "Use a fact of changes by day."
        ) }}
    {% endif %}
    {% set span = kpi_span(metric, semantic_model, grain_column) %}
    {% set expression = '(' ~ (measure.expr or measure.name) ~ ')' %}
    {% set filter = kpi_filter_sql(metric, semantic_model) %}
    {% if measure.agg == 'sum' %}
        {% set contribution = 'cast(' ~ expression ~ ' as decimal(28, 6))' %}
        {% if filter %}
            {% set contribution = 'case when ' ~ filter ~ ' then ' ~ contribution ~ ' end' %}
        {% endif %}
    {% else %}
        {% set condition = expression ~ (' is not null' if measure.agg == 'count' else '') %}
        {% if filter %}{% set condition = condition ~ ' and ' ~ filter %}{% endif %}
        {% set contribution = 'case when ' ~ condition ~ ' then 1 end' %}
    {% endif %}
    {% set adds_up = 'balance' if metric.type == 'cumulative' else 'flow' %}
    {{ return({
        'name': metric.name,
        'semantic_model': semantic_model.name,
        'fact': kpi_fact(semantic_model),
        'time_name': time_name,
        'time': span.start if span else (time.expr or time.name),
        'until': span.end if span else none,
        'grain_column': grain_column,
        'behaviour': 'per_grain' if grain_column else adds_up,
        'contribution': contribution,
        'description': measure.description or (measure.agg ~ ' of ' ~ expression),
    }) }}
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


{% macro kpi_expression(name, earlier=false, wanted_by='a KPI') %}
    {#-
      A metric as SQL over the columns of components: `sql`, the `components` it reads as
      {name, earlier}, whether it is `linear` in them, and its `text` for people.
    -#}
    {% set metric = kpi_metric(name, wanted_by) %}
    {% do kpi_refuse_unknown_features(metric) %}
    {% if metric.type in ('simple', 'cumulative') %}
        {% set component = kpi_component(metric) %}
        {% if earlier and component.behaviour == 'per_grain' %}
            {{ kpi_refuse(
                wanted_by,
                "the earlier period of " ~ name ~ ", which is counted per grain",
                "Give that fact a column for it."
            ) }}
        {% endif %}
        {{ return({
            'sql': 'coalesce(' ~ kpi_cell_column(name ~ ('__earlier' if earlier else '')) ~ ', 0)',
            'components': [{'component': component, 'earlier': earlier}],
            'linear': true,
            'text': component.description ~ (' (one period earlier)' if earlier else ''),
        }) }}
    {% elif metric.type == 'ratio' %}
        {{ kpi_refuse(
            wanted_by,
            "the ratio " ~ name ~ " as an input",
            "Divide once, last: make one ratio of the numerators and denominators."
        ) }}
    {% endif %}
    {{ return(kpi_derived_expression(metric, earlier)) }}
{% endmacro %}


{% macro kpi_derived_expression(metric, earlier) %}
    {% set inputs = {} %}
    {% set components = [] %}
    {% set state = namespace(linear=true) %}
    {% for input in metric.type_params.metrics or [] %}
        {% do kpi_refuse_input_features(metric, input) %}
        {% if input.offset_window and earlier %}
            {{ kpi_refuse(
                metric.name,
                "an offset of an offset (" ~ input.name ~ ")",
                "Only one period back is."
            ) }}
        {% endif %}
        {% if (input.alias or input.name) in inputs %}
            {{ kpi_refuse(
                metric.name,
                "the input name " ~ (input.alias or input.name) ~ " twice",
                "Give one of them an alias."
            ) }}
        {% endif %}
        {% set is_earlier = earlier or (input.offset_window is not none) %}
        {% set part = kpi_expression(input.name, is_earlier, metric.name) %}
        {% do inputs.update({input.alias or input.name: part}) %}
        {% do components.extend(part.components) %}
        {% if not part.linear %}{% set state.linear = false %}{% endif %}
    {% endfor %}
    {% set pattern = '[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:[.][0-9]+)?|<>|<=|>=|!=|[^ \\s]' %}
    {% set tokens = modules.re.findall(pattern, metric.type_params.expr) %}
    {% set sql = [] %}
    {% set text = [] %}
    {% for token in tokens %}
        {% set before = tokens[loop.index0 - 1] if loop.index0 > 0 else '' %}
        {% set after = tokens[loop.index0 + 1] if loop.index0 + 1 < tokens | length else '' %}
        {% set is_number = modules.re.match('[0-9]', token) is not none %}
        {% if token in inputs %}
            {% do sql.append('(' ~ inputs[token].sql ~ ')') %}
            {% do text.append('(' ~ inputs[token].text ~ ')') %}
        {% else %}
            {#- Linear is a sum of inputs times numbers; only that adds up like its inputs. -#}
            {% set beside_number = modules.re.search('(^| )[0-9]', before ~ ' ' ~ after) %}
            {% if is_number %}
                {% set is_linear = '*' in (before, after) %}
            {% elif token == '*' %}
                {% set is_linear = beside_number is not none %}
            {% else %}
                {% set is_linear = token in ('+', '-', '(', ')') %}
            {% endif %}
            {% if not is_linear %}{% set state.linear = false %}{% endif %}
            {% if token == '/' %}
                {{ kpi_refuse(
                    metric.name,
                    "`/`",
                    "Division is only exact in a ratio metric: make it one."
                ) }}
            {% elif not is_number and token | lower not in kpi_words_of_expressions() %}
                {{ kpi_refuse(
                    metric.name,
                    "`" ~ token ~ "` in the expression",
                    "Known: its inputs, numbers, + - *, comparisons, case, coalesce."
                ) }}
            {% endif %}
            {% do sql.append(token) %}
            {% do text.append(token) %}
        {% endif %}
    {% endfor %}
    {{ return({
        'sql': sql | join(' '),
        'components': components,
        'linear': state.linear,
        'text': text | join(' '),
    }) }}
{% endmacro %}


{% macro kpi_words_of_expressions() %}
    {{ return([
        '+', '-', '*', '(', ')', ',', '<', '>', '=', '<>', '<=', '>=', '!=',
        'case', 'when', 'then', 'else', 'end', 'and', 'or', 'not', 'is', 'null', 'coalesce',
    ]) }}
{% endmacro %}


{% macro kpi_plan_of(metric) %}
    {#- One KPI: its expressions, what they read, its slices; what it declares must fit them. -#}
    {% set meta = metric.config.meta.kpi %}
    {% do kpi_refuse_unknown_features(metric) %}
    {% if metric.type == 'ratio' %}
        {% set inputs = [metric.type_params.numerator, metric.type_params.denominator] %}
        {% set parts = [] %}
        {% for input in inputs %}
            {% do kpi_refuse_input_features(metric, input) %}
            {% set is_earlier = input.offset_window is not none %}
            {% do parts.append(kpi_expression(input.name, is_earlier, metric.name)) %}
        {% endfor %}
    {% else %}
        {% set parts = [kpi_expression(metric.name, false, metric.name)] %}
    {% endif %}
    {% set components = {} %}
    {% set columns = [] %}
    {% set state = namespace(has_earlier=false) %}
    {% for part in parts %}
        {% for item in part.components %}
            {% do components.update({item.component.name: item.component}) %}
            {% set column = item.component.name ~ ('__earlier' if item.earlier else '') %}
            {% if column not in columns %}{% do columns.append(column) %}{% endif %}
            {% if item.earlier %}{% set state.has_earlier = true %}{% endif %}
        {% endfor %}
    {% endfor %}
    {% set behaviours = components.values() | map(attribute='behaviour') | unique | list %}
    {% if (metric.type == 'ratio') != (meta.kind == 'ratio') %}
        {{ kpi_refuse(
            metric.name,
            "kind `" ~ meta.kind ~ "` on a " ~ metric.type ~ " metric",
            "A ratio metric is of kind ratio, and no other is."
        ) }}
    {% elif meta.kind == 'balance' and behaviours != ['balance'] %}
        {{ kpi_refuse(
            metric.name,
            "kind `balance` over " ~ behaviours | join(', '),
            "A balance is made of cumulative metrics only."
        ) }}
    {% elif meta.kind == 'flow' and 'balance' in behaviours %}
        {{ kpi_refuse(
            metric.name,
            "kind `flow` over a balance",
            "Declare kind balance, or use simple metrics."
        ) }}
    {% elif meta.kind not in ('flow', 'balance', 'ratio') %}
        {{ kpi_refuse(metric.name, "kind `" ~ meta.kind ~ "`", "Use flow, balance or ratio.") }}
    {% endif %}
    {% do kpi_check_slices(metric, components) %}
    {% if meta.kind == 'ratio' or not parts[0].linear %}
        {% set additive = 'none' %}
    {% elif meta.kind == 'balance' or 'per_grain' in behaviours or state.has_earlier %}
        {% set additive = 'slices' %}
    {% else %}
        {% set additive = 'time_and_slices' %}
    {% endif %}
    {{ return({
        'name': metric.name,
        'metric': metric,
        'meta': meta,
        'slices': meta.get('slices') or [],
        'parts': parts,
        'components': components,
        'columns': columns,
        'additive': additive,
    }) }}
{% endmacro %}


{% macro kpi_check_slices(metric, components) %}
    {% for slice in metric.config.meta.kpi.get('slices') or [] %}
        {% for component in components.values() %}
            {% set semantic_model = kpi_semantic_model(component.semantic_model) %}
            {% set dimension = kpi_dimension(semantic_model, slice) %}
            {% if dimension is none or dimension.type != 'categorical' or slice == 'total' %}
                {{ kpi_refuse(
                    metric.name,
                    "slice `" ~ slice ~ "`",
                    "Semantic model '" ~ semantic_model.name ~ "' of its input " ~ component.name
                    ~ " has no such categorical dimension; all inputs must share a slice."
                ) }}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{% macro kpi_plan() %}
    {#- Every KPI, and every component with the slices that some KPI wants of it. -#}
    {% set kpis = [] %}
    {% set components = {} %}
    {% set slices = {} %}
    {% for metric in kpi_published() %}
        {% set kpi = kpi_plan_of(metric) %}
        {% do kpis.append(kpi) %}
        {% for component in kpi.components.values() %}
            {% do components.update({component.name: component}) %}
            {% set wanted = slices.setdefault(component.semantic_model, []) %}
            {% for slice in kpi.slices if slice not in wanted %}
                {% do wanted.append(slice) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% if not kpis %}
        {{ exceptions.raise_compiler_error(
            "No metric under models/kpis has config.meta.kpi: there is no KPI to compute."
        ) }}
    {% endif %}
    {{ return({'kpis': kpis, 'components': components, 'slices': slices}) }}
{% endmacro %}
