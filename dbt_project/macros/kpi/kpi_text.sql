{# Texts and settings in generated SQL: quoting, periods, figures as people read them. #}

{% macro kpi_quote(text) %}
    {#- A text as an SQL literal that means the same on every engine; none becomes a typed null. -#}
    {% if text is none %}{{ return('cast(null as string)') }}{% endif %}
    {% set one_line = text | string | trim | replace('\r', ' ') | replace('\n', ' ') %}
    {% if '\\' in one_line %}
        {{ exceptions.raise_compiler_error(
            "A text of the KPI definitions holds a backslash, which engines read differently; "
            ~ "take it out: "
            ~ one_line
        ) }}
    {% endif %}
    {{ return(text_literal(one_line)) }}
{% endmacro %}


{% macro kpi_period_columns(grain) %}
    {#- Where dim_date says in which period of a grain a day lies: its first and its last day. -#}
    {% if grain == 'day' %}{{ return(['date_day', 'date_day']) }}{% endif %}
    {{ return([grain ~ '_start_date', grain ~ '_end_date']) }}
{% endmacro %}


{% macro kpi_grains() %}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{% endmacro %}


{% macro kpi_days_of_periods() %}
    {#- Which days lie in which period of every grain, up to the day before the run. -#}
    {%- for grain in kpi_grains() %}
    select
        '{{ grain }}' as grain,
        date_day,
        {{ kpi_period_columns(grain)[0] }} as period_start
    from {{ ref('dim_date') }}
    where date_day < {{ as_of_date() }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{% endmacro %}


{% macro kpi_digits(value, unit) %}
    {#-
      The digits that people are shown, without sign and separators, about three that matter: a rate
      in percent with one decimal, below 10 % with two; money below 1,000 with two, else whole.
    -#}
    case
        when {{ unit }} = 'pp'
            then cast(cast(abs({{ value }} * 100) as decimal(38, 1)) as string)
        when {{ unit }} = 'percent' and abs({{ value }}) < 0.1
            then cast(cast(abs({{ value }} * 100) as decimal(38, 2)) as string)
        when {{ unit }} = 'percent'
            then cast(cast(abs({{ value }} * 100) as decimal(38, 1)) as string)
        when {{ unit }} in ('ratio', 'multiple', 'stars')
            then cast(cast(abs({{ value }}) as decimal(38, 2)) as string)
        when {{ unit }} in ('points', 'position', 'hours', 'days', 'months')
            then cast(cast(abs({{ value }}) as decimal(38, 1)) as string)
        when {{ unit }} in ('money', 'money_per_day') and abs({{ value }}) < 1000
            then cast(cast(abs({{ value }}) as decimal(38, 2)) as string)
        else cast(cast(abs({{ value }}) as decimal(38, 0)) as string)
    end
{% endmacro %}


{% macro kpi_display(value, digits, unit, currency) %}
    {#- A figure as text: sign, thousands separators, unit. `digits` comes from kpi_digits. -#}
    {%- set whole = "split_part(" ~ digits ~ ", '.', 1)" %}
    case
        when {{ value }} is null then null
        else
            case
                when {{ value }} < 0 and replace(replace({{ digits }}, '0', ''), '.', '') <> ''
                    then '-'
                else ''
            end
            || case
                {%- for groups in range(4, 0, -1) %}
                when length({{ whole }}) > {{ groups * 3 }}
                    then substr({{ whole }}, 1, length({{ whole }}) - {{ groups * 3 }})
                    {%- for group in range(groups, 0, -1) %}
                    || ',' || substr({{ whole }}, length({{ whole }}) - {{ group * 3 - 1 }}, 3)
                    {%- endfor %}
                {%- endfor %}
                else {{ whole }}
            end
            || case
                when split_part({{ digits }}, '.', 2) = '' then ''
                else '.' || split_part({{ digits }}, '.', 2)
            end
            || case
                when {{ unit }} = 'money' then ' ' || {{ kpi_quote(currency) }}
                when {{ unit }} = 'money_per_day' then ' ' || {{ kpi_quote(currency ~ ' a day') }}
                when {{ unit }} = 'percent' then ' %'
                when {{ unit }} = 'multiple' then ' ×'
                when {{ unit }} in ('points', 'pp', 'stars', 'hours', 'days', 'months')
                    then ' ' || {{ unit }}
                else ''
            end
    end
{% endmacro %}
