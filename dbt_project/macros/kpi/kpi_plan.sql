{#
  What has to be computed: per KPI, its expression over components (kpi_component.sql), and what it
  declares held against it. SQL is written from this plan in kpi_components.sql, kpi_chosen.sql and
  kpi_values.sql.
#}

{% macro kpi_expression(name, earlier=false, wanted_by='a KPI') %}
    {#-
      A metric as SQL over the columns of components: `sql`, the `components` it reads as
      {name, earlier}, whether it is `linear` in them, and its `text` for people.
    -#}
    {% set metric = kpi_metric(name, wanted_by) %}
    {% do kpi_refuse_unknown_features(metric) %}
    {% if kpi_is_stat(metric) %}
        {{ kpi_refuse(
            wanted_by,
            "the " ~ kpi_measure(metric).measure.agg ~ " " ~ name ~ " in an expression",
            "Divide by it or into it in a ratio metric."
        ) }}
    {% elif metric.type in ('simple', 'cumulative') %}
        {{ return(kpi_expression_of_component(kpi_component(metric), earlier, wanted_by)) }}
    {% elif metric.type == 'ratio' %}
        {{ kpi_refuse(
            wanted_by,
            "the ratio " ~ name ~ " in an expression",
            "Divide by it or into it in a ratio metric, or use what it is made of."
        ) }}
    {% endif %}
    {{ return(kpi_derived_expression(metric, earlier)) }}
{% endmacro %}


{% macro kpi_expression_of_component(component, earlier, wanted_by) %}
    {% if earlier and component.behaviour in ('per_grain', 'chosen') %}
        {{ kpi_refuse(
            wanted_by,
            "the earlier period of " ~ component.name ~ ", which is counted per grain",
            "Give that fact a column for it."
        ) }}
    {% endif %}
    {% set column = kpi_cell_column(component.name ~ ('__earlier' if earlier else '')) %}
    {{ return({
        'sql': 'coalesce(' ~ column ~ ', 0)',
        'components': [{'component': component, 'earlier': earlier}],
        'linear': true,
        'text': component.description ~ (' (one period earlier)' if earlier else ''),
    }) }}
{% endmacro %}


{% macro kpi_fraction(name, earlier, wanted_by) %}
    {#-
      A metric as `over` and `under`, two expressions; `under` is none where nothing is divided. A
      ratio of ratios becomes one fraction, so that it is divided once, last:
      (a / b) / (c / d) is (a * d) / (b * c), and none where d is 0, as c / d then is none.
    -#}
    {% set metric = kpi_metric(name, wanted_by) %}
    {% if kpi_is_stat(metric) %}
        {% do kpi_refuse_unknown_features(metric) %}
        {% set component = kpi_component(metric) %}
        {% set counted = kpi_component_of_rows(component) %}
        {{ return({
            'over': kpi_expression_of_component(component, earlier, wanted_by),
            'under': kpi_expression_of_component(counted, earlier, wanted_by),
        }) }}
    {% elif metric.type != 'ratio' %}
        {{ return({'over': kpi_expression(name, earlier, wanted_by), 'under': none}) }}
    {% endif %}
    {% do kpi_refuse_unknown_features(metric) %}
    {% set inputs = [metric.type_params.numerator, metric.type_params.denominator] %}
    {% set fractions = [] %}
    {% for input in inputs %}
        {% do kpi_refuse_input_features(metric, input) %}
        {% if input.offset_window and earlier %}
            {{ kpi_refuse(
                metric.name,
                "an offset of an offset (" ~ input.name ~ ")",
                "Only one period back is."
            ) }}
        {% endif %}
        {% set is_earlier = earlier or (input.offset_window is not none) %}
        {% do fractions.append(kpi_fraction(input.name, is_earlier, metric.name)) %}
    {% endfor %}
    {% set divided, divisor = fractions %}
    {% set over = kpi_product(divided.over, divisor.under) %}
    {% set under = kpi_product(divisor.over, divided.under) %}
    {% if divisor.under %}
        {% set guarded = 'case when ' ~ divisor.under.sql ~ ' = 0 then 0 else ' ~ under.sql ~ ' end' %}
        {% do under.update({
            'sql': guarded,
            'components': under.components + divisor.under.components,
            'linear': false,
        }) %}
    {% endif %}
    {{ return({'over': over, 'under': under}) }}
{% endmacro %}


{% macro kpi_product(one, other) %}
    {#- Two expressions multiplied, with the scale of one; only one of them where there is no other. -#}
    {% if not other %}{{ return(dict(one)) }}{% endif %}
    {{ return({
        'sql': 'cast((' ~ one.sql ~ ') * (' ~ other.sql ~ ') as decimal(38, 6))',
        'components': one.components + other.components,
        'linear': false,
        'text': '(' ~ one.text ~ ') * (' ~ other.text ~ ')',
    }) }}
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
                    "Known: its inputs, numbers, + - *, comparisons, case, coalesce, days_in_period."
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
        'days_in_period',
    ]) }}
{% endmacro %}


{% macro kpi_parts_of(metric) %}
    {#- A metric's expressions, the components they read, and the columns of these. -#}
    {% do kpi_refuse_unknown_features(metric) %}
    {% if metric.type == 'ratio' or kpi_is_stat(metric) %}
        {% set fraction = kpi_fraction(metric.name, false, metric.name) %}
        {% set parts = [fraction.over, fraction.under] %}
    {% else %}
        {% set parts = [kpi_expression(metric.name, false, metric.name)] %}
    {% endif %}
    {% set components = {} %}
    {% set columns = [] %}
    {% for part in parts %}
        {% for item in part.components %}
            {% do components.update({item.component.name: item.component}) %}
            {% set column = item.component.name ~ ('__earlier' if item.earlier else '') %}
            {% if column not in columns %}{% do columns.append(column) %}{% endif %}
        {% endfor %}
    {% endfor %}
    {{ return({'parts': parts, 'components': components, 'columns': columns}) }}
{% endmacro %}


{% macro kpi_plan_of(metric) %}
    {#- One KPI: its expressions, what they read, its slices; what it declares must fit them. -#}
    {% set meta = metric.config.meta.kpi %}
    {% set is_stat = kpi_is_stat(metric) %}
    {% set of_metric = kpi_parts_of(metric) %}
    {% set parts, components = of_metric.parts, of_metric.components %}
    {% set state = namespace(has_earlier=false) %}
    {% for part in parts %}
        {% for item in part.components if item.earlier %}
            {% set state.has_earlier = true %}
        {% endfor %}
    {% endfor %}
    {% set behaviours = components.values() | map(attribute='behaviour') | unique | list %}
    {% do kpi_check_kind(metric, is_stat, components, behaviours) %}
    {% do kpi_check_grains(metric, components) %}
    {% do kpi_check_slices(metric, components) %}
    {% if parts | length == 2 or 'chosen' in behaviours or not parts[0].linear %}
        {% set additive = 'none' %}
    {% elif meta.kind == 'balance' or 'per_grain' in behaviours or state.has_earlier %}
        {% set additive = 'slices' %}
    {% else %}
        {% set additive = 'time_and_slices' %}
    {% endif %}
    {#- What is divided adds up by itself where both parts are sums of what happened in the period. -#}
    {% if parts | length != 2 or 'chosen' in behaviours or parts | rejectattr('linear') | list %}
        {% set parts_additive = 'none' %}
    {% elif behaviours != ['flow'] or state.has_earlier %}
        {% set parts_additive = 'slices' %}
    {% else %}
        {% set parts_additive = 'time_and_slices' %}
    {% endif %}
    {% set plan = {
        'name': metric.name,
        'metric': metric,
        'meta': meta,
        'slices': meta.get('slices') or [],
        'parts': parts,
        'components': components,
        'columns': of_metric.columns,
        'additive': additive,
        'parts_additive': parts_additive,
        'is_divided': parts | length == 2,
        'grains': kpi_grains_of(meta),
        'per_month': meta.get('per_month', false),
        'matures_after_days': meta.get('matures_after_days', 0),
    } %}
    {% set variants = kpi_variants_of(metric, plan) %}
    {% for variant in variants %}{% do components.update(variant.components) %}{% endfor %}
    {{ return(dict(plan, variants=variants)) }}
{% endmacro %}


{% macro kpi_variants_of(metric, plan) %}
    {#-
      The other ways in which a KPI is computed, each a metric of its own: they share what they
      speak of, so that they are shown as a slice, but their total is one of them and no sum.
    -#}
    {% set declared = metric.config.meta.kpi.get('variants') %}
    {% if not declared %}{{ return([]) }}{% endif %}
    {% if metric.name not in declared.metrics.values() %}
        {{ kpi_refuse(
            metric.name,
            "`variants` without itself",
            "Name the KPI beside the variant that its total is."
        ) }}
    {% elif declared.slice in (metric.config.meta.kpi.get('slices') or []) + ['total'] %}
        {{ kpi_refuse(
            metric.name,
            "`variants` called like the slice `" ~ declared.slice ~ "`",
            "Give them a name of their own."
        ) }}
    {% endif %}
    {% set found = [] %}
    {% for value, name in declared.metrics.items() %}
        {% set variant = kpi_metric(name, metric.name) %}
        {% set of_variant = kpi_parts_of(variant) %}
        {% if variant.type != metric.type or of_variant.parts | length != plan.parts | length %}
            {{ kpi_refuse(
                metric.name,
                "the " ~ variant.type ~ " metric " ~ name ~ " as a variant",
                "All variants are of the KPI's own type, " ~ metric.type ~ "."
            ) }}
        {% endif %}
        {% set computed = dict(plan, name=metric.name ~ '|' ~ declared.slice ~ '|' ~ value, slices=[]) %}
        {% do computed.update(of_variant) %}
        {% do computed.update({'published_as': {
            'kpi': metric.name, 'slice': declared.slice, 'slice_value': value,
        }}) %}
        {% do found.append(computed) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{% macro kpi_grains_of(meta) %}
    {#- The grains in which a KPI exists: from its smallest one upwards. -#}
    {% set grains = kpi_grains() %}
    {% set smallest = 'month' if meta.get('per_month') else meta.get('smallest_grain', 'day') %}
    {{ return(grains[grains.index(smallest):]) }}
{% endmacro %}


{% macro kpi_check_kind(metric, is_stat, components, behaviours) %}
    {#- The kind that is declared must be the one that the definition makes. -#}
    {% set kind = metric.config.meta.kpi.kind %}
    {% set of_one = components.values() | list %}
    {% set is_distinct = of_one | length == 1 and of_one[0].choice == 'distinct' %}
    {% if kind not in ('flow', 'balance', 'ratio', 'stat', 'distinct') %}
        {{ kpi_refuse(
            metric.name,
            "kind `" ~ kind ~ "`",
            "Use flow, balance, ratio, stat or distinct."
        ) }}
    {% elif (metric.type == 'ratio') != (kind == 'ratio') %}
        {{ kpi_refuse(
            metric.name,
            "kind `" ~ kind ~ "` on a " ~ metric.type ~ " metric",
            "A ratio metric is of kind ratio, and no other is."
        ) }}
    {% elif is_stat != (kind == 'stat') %}
        {{ kpi_refuse(
            metric.name,
            "kind `" ~ kind ~ "` on this measure",
            "A median, average, min or max is of kind stat, and nothing else is."
        ) }}
    {% elif kind == 'balance' and behaviours | reject('in', ['balance', 'trailing']) | list %}
        {{ kpi_refuse(
            metric.name,
            "kind `balance` over " ~ behaviours | join(', '),
            "A balance is made of cumulative metrics only."
        ) }}
    {% elif kind == 'flow' and ('balance' in behaviours or 'trailing' in behaviours) %}
        {{ kpi_refuse(
            metric.name,
            "kind `flow` over a balance",
            "Declare kind balance, or use simple metrics."
        ) }}
    {% elif kind != 'ratio' and is_distinct != (kind == 'distinct') %}
        {{ kpi_refuse(
            metric.name,
            "kind `" ~ kind ~ "` on this measure",
            "A distinct count is of kind distinct, and nothing else is."
        ) }}
    {% endif %}
{% endmacro %}


{% macro kpi_check_grains(metric, components) %}
    {#- What is summed over months must be a sum of contributions in each of them. -#}
    {% set meta = metric.config.meta.kpi %}
    {% if meta.get('per_month') %}
        {% if meta.get('smallest_grain') or metric.type != 'ratio' %}
            {{ kpi_refuse(
                metric.name,
                "`per_month` with `smallest_grain`, or on a " ~ metric.type ~ " metric",
                "Only a ratio is per month, and it exists from the month upwards by that alone."
            ) }}
        {% endif %}
        {% for component in components.values() if component.behaviour == 'chosen' %}
            {{ kpi_refuse(
                metric.name,
                "`per_month` over " ~ component.name ~ ", which does not add up over months",
                "Use sums and counts."
            ) }}
        {% endfor %}
    {% endif %}
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
    {#-
      Every KPI, and every component with the slices that some KPI wants of it. It follows from dbt's
      graph alone and takes half a second, so it is kept there for the other models of a command.
    -#}
    {% if graph.kpi_plan %}{{ return(graph.kpi_plan) }}{% endif %}
    {% set kpis = [] %}
    {% set components = {} %}
    {% set slices = {} %}
    {% for metric in kpi_published() %}
        {% set kpi = kpi_plan_of(metric) %}
        {% do kpis.append(kpi) %}
        {% for component in kpi.components.values() %}
            {% do components.update({component.name: component}) %}
            {% set wanted = slices.setdefault(component.scan, []) %}
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
    {% set plan = {'kpis': kpis, 'components': components, 'slices': slices} %}
    {% do graph.update({'kpi_plan': plan}) %}
    {{ return(plan) }}
{% endmacro %}
