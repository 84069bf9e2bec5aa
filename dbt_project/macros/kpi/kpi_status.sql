{# How a value stands against its target: one rule, for what is, what was planned first, and what is to come. #}

{% macro kpi_status(value, figures, target, lower, upper) %}
    {#-
      `value`, `target`, `lower` and `upper` are columns; of `figures` come the columns `tolerance` and
      `better`. In a range all is well; otherwise what is better than the target is, and what is worse
      is at risk up to the tolerance, a fraction of what was missed. A better value never has a worse status.
    -#}
    case
        when {{ target }} is null then 'no_target'
        when {{ value }} is null then 'no_data'
        when {{ lower }} is not null or {{ upper }} is not null
            then case
                when {{ value }} < {{ lower }} and {{ lower }} - {{ value }} > {{ kpi_allowance(lower, figures) }}
                    then 'off_track'
                when {{ value }} > {{ upper }} and {{ value }} - {{ upper }} > {{ kpi_allowance(upper, figures) }}
                    then 'off_track'
                when {{ value }} < {{ lower }} or {{ value }} > {{ upper }} then 'at_risk'
                else 'on_track'
            end
        when {{ figures }}.better = 'up' and {{ value }} >= {{ target }} then 'on_track'
        when {{ figures }}.better = 'down' and {{ value }} <= {{ target }} then 'on_track'
        when abs({{ value }} - {{ target }}) <= {{ kpi_allowance(target, figures) }}
            then case when {{ figures }}.better = 'neutral' then 'on_track' else 'at_risk' end
        else 'off_track'
    end
{% endmacro %}


{% macro kpi_allowance(aim, figures) -%}
    cast(abs({{ aim }}) as decimal(30, 6)) * cast(coalesce({{ figures }}.tolerance, 0.1) as decimal(7, 6))
{%- endmacro %}


{% macro kpi_status_rank(status) -%}
    {#- Sorts by urgency. -#}
    cast(case {{ status }}
        when 'off_track' then 1
        when 'at_risk' then 2
        when 'no_data' then 3
        when 'no_target' then 4
        else 5
    end as bigint)
{%- endmacro %}


{% macro kpi_is_mature(figures, completeness) -%}
    {#- A figure of which less is known than this is not judged: it will change by itself. -#}
    {{ figures }}.is_complete and coalesce({{ completeness }}.expected_completeness, 1) >= 0.95
{%- endmacro %}


{% macro kpi_progress(value, target, better) -%}
    {#- Above 1 is better than the target in either direction; a negative target has no share. -#}
    case
        when {{ target }} > 0 and {{ value }} >= 0 and {{ better }} = 'down'
            then {{ kpi_ratio(target, value, unit_scale=6) }}
        when {{ target }} > 0 and {{ better }} <> 'down'
            then {{ kpi_ratio(value, target, unit_scale=6) }}
    end
{%- endmacro %}


{% macro kpi_as_share(ratio) -%}
    {#- What is beyond the aim counts as reached, what is behind the start as nothing. -#}
    cast(case when {{ ratio }} < 0 then 0 when {{ ratio }} > 1 then 1 else {{ ratio }} end as decimal(7, 6))
{%- endmacro %}
