{# Questions that the KPI tables must answer with no row. #}

{% test kpi_key_is_unique(model, key) %}
    {#- No two rows of the same key, and no part of the key missing. -#}
    select {{ key | join(', ') }}, count(*) as copies
    from {{ model }}
    group by {{ key | join(', ') }}
    having count(*) > 1{% for column in key %} or max(case when {{ column }} is null then 1 else 0 end) = 1{% endfor %}
{% endtest %}


{% test kpi_value_is_numerator_by_denominator(model) %}
    {#- A ratio is its stored parts, divided last and exactly; anything else has no parts. -#}
    select figures.kpi, figures.grain, figures.period_start, figures.slice, figures.slice_value
    from {{ model }} as figures
    inner join {{ ref('dim_kpi') }} as definitions on figures.kpi = definitions.kpi
    where
        case
            when definitions.kind = 'ratio'
                then figures.numerator is null
                    or figures.denominator is null
                    or figures.value is distinct from {{ kpi_ratio('figures.numerator', 'figures.denominator', unit_scale=6) }}
            else figures.value is null or figures.numerator is not null or figures.denominator is not null
        end
{% endtest %}
