{# Questions that the KPI tables must answer with no row. #}

{% test kpi_value_is_numerator_by_denominator(model) %}
    {#- A ratio or a stat is its parts, divided last and exactly; anything else has no parts. -#}
    select figures.kpi, figures.grain, figures.period_start, figures.slice, figures.slice_value
    from {{ model }} as figures
    inner join {{ ref('dim_kpi') }} as definitions on figures.kpi = definitions.kpi
    where
        case
            when definitions.kind in ('ratio', 'stat')
                then figures.numerator is null
                    or figures.denominator is null
                    or figures.value is distinct from
                    {{ kpi_ratio('figures.numerator', 'figures.denominator', unit_scale=6) }}
            else
                figures.value is null
                or figures.numerator is not null
                or figures.denominator is not null
        end
{% endtest %}


{% test kpi_known_to_dim_kpi(model) %}
    {#- Every row is about a KPI that is defined. -#}
    select distinct asked.kpi
    from {{ model }} as asked
    left join {{ ref('dim_kpi') }} as definitions on asked.kpi = definitions.kpi
    where definitions.kpi is null
{% endtest %}


{% test kpi_days_are_in_the_calendar(model) %}
    {#- A day that dim_date does not know would be lost from every figure. -#}
    select asked.component, asked.period_start
    from {{ model }} as asked
    left join {{ ref('dim_date') }} as first_days on asked.period_start = first_days.date_day
    left join {{ ref('dim_date') }} as last_days on asked.period_end = last_days.date_day
    where first_days.date_day is null or last_days.date_day is null
{% endtest %}
