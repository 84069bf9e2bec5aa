{#
  The generated SQL of kpi_day, kpi_week, ... kpi_year: one grain, no slices, and only those figures
  in columns for adding that come to the year's figure when they are added.
#}

{% macro kpi_summable_sql(grain) %}
with

figures as (

    select * from {{ ref('kpi_values') }}
    where slice = 'total'

),

definitions as (

    select * from {{ ref('dim_kpi') }}

),

-- Rows of several days may lie in a year and in none of its days, weeks or months: then these are
-- not all of it, and their sum would be too little.
sums as (

    select
        kpi,
        {%- for column in ('value', 'numerator', 'denominator') %}
        coalesce(sum(case when grain = '{{ grain }}' then {{ column }} end), 0)
        = coalesce(sum(case when grain = 'year' then {{ column }} end), 0) as has_whole_{{ column }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from figures
    group by kpi

),

judged as (

    select
        definitions.kpi,
        definitions.label,
        definitions.unit,
        definitions.additive,
        definitions.parts_additive,
        definitions.additive = 'time_and_slices' and sums.has_whole_value as is_sum,
        definitions.parts_additive = 'time_and_slices'
        and sums.has_whole_numerator
        and sums.has_whole_denominator as is_ratio_of_sums

    from definitions
    inner join sums on definitions.kpi = sums.kpi

)

select
    figures.kpi,
    judged.label,
    judged.unit,
    figures.period_start,
    figures.period_end,
    cast(case when judged.is_sum then figures.value end as decimal(38, 6)) as sum_value,
    cast(case when judged.is_ratio_of_sums then figures.numerator end as decimal(38, 6)) as sum_numerator,
    cast(case when judged.is_ratio_of_sums then figures.denominator end as decimal(38, 6)) as sum_denominator,
    figures.value as period_value,
    judged.additive,
    judged.parts_additive,
    case
        when judged.is_sum then 'sum(sum_value)'
        when judged.is_ratio_of_sums then 'sum(sum_numerator) / sum(sum_denominator)'
        else 'none: read the longer period in its own table'
    end as how_to_total,
    figures.is_complete,
    figures.is_provisional

from figures
inner join judged on figures.kpi = judged.kpi
where figures.grain = '{{ grain }}'
{% endmacro %}
