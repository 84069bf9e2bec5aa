{# The generated SQL of kpi_fx_effects: each scan twice converted, then rolled up to the KPIs. #}

{% macro kpi_fx_plan() %}
    {#- The KPIs that are split, and their components by what one scan can answer. -#}
    {% set kpis = [] %}
    {% set components = {} %}
    {% set scans = {} %}
    {% for kpi in kpi_of_money() if not kpi_fx_reason(kpi) %}
        {% do kpis.append(kpi) %}
        {% do components.update(kpi.components) %}
    {% endfor %}
    {% for component in components.values() | sort(attribute='name') %}
        {% set key = component.semantic_model ~ '_by_' ~ component.time_name ~ '_' ~ component.behaviour %}
        {% do scans.setdefault(key, []).append(component) %}
    {% endfor %}
    {{ return({'kpis': kpis, 'components': components, 'scans': scans}) }}
{% endmacro %}


{% macro kpi_fx_effects_sql() %}
{%- if not execute -%}
select 1 as parsing_only
{%- else -%}
{%- set plan = kpi_fx_plan() -%}
{%- if not plan.kpis %}
{{ exceptions.raise_compiler_error("No KPI is a sum of converted amounts: take kpi_fx_effects out.") }}
{%- endif -%}
with

figures as (
    select kpi, grain, period_start, period_end, value
    from {{ ref('kpi_values') }}
    where slice = 'total'
),

constant_rates as (
    select year_start_date, currency_code, from_rate, to_rate
    from {{ ref('kpi_constant_rates') }}
),

-- The rates of a period are those of the year in which it begins: a week may reach into the next.
periods as (
    select
        kpi_periods.grain,
        kpi_periods.period_start,
        kpi_periods.period_end,
        days.year_start_date,
        min(kpi_periods.period_start) over (partition by kpi_periods.grain, days.year_start_date)
            as first_period_start
    from {{ ref('kpi_periods') }} as kpi_periods
    inner join {{ ref('dim_date') }} as days
        on kpi_periods.period_start = days.date_day
),

calendar as (
    {{ kpi_days_of_periods() }}
),

-- At which years' rates an amount of a day is converted: what happens, at those of its periods,
-- and what stands, at those of all periods from then on.
flow_days as (
    select distinct calendar.date_day, periods.year_start_date
    from calendar
    inner join periods
        on calendar.grain = periods.grain and calendar.period_start = periods.period_start
),

balance_days as (
    select calendar.date_day, years.year_start_date
    from calendar
    inner join (
        select year_start_date, max(period_end) as last_day
        from periods
        group by year_start_date
    ) as years
        on calendar.date_day <= years.last_day
    where calendar.grain = 'day'
),
{% for scan, components in plan.scans.items() %}
{%- set first = components[0] %}
{%- set amounts = [] %}
{%- for component in components %}{% do amounts.extend(kpi_fx_amounts(component)) %}{% endfor %}
{{ scan }}_converted as (
    select
        facts.*,
        days.year_start_date as fx_year_start_date
        {%- for amount in amounts | unique %},
        {{ convert_amount('facts.' ~ amount, 'constant_rates.from_rate', 'constant_rates.to_rate') }}
            as fx_constant_{{ amount }},
        {{ convert_amount('facts.' ~ amount, 'facts.fx_from_rate', 'facts.fx_to_rate') }}
            as fx_day_{{ amount }}
        {%- endfor %}
    from (
        select *, cast({{ first.time }} as date) as fx_day
        from {{ ref(kpi_fx_fact(first)) }}
        where
            cast({{ first.until or first.time }} as date) < {{ as_of_date() }}
            and (
                {%- for component in components %}
                ({{ component.contribution }}) is not null{{ " or" if not loop.last }}
                {%- endfor %}
            )
    ) as facts
    {%- if first.grain_column %}
    inner join periods as days
        on facts.{{ first.grain_column }} = days.grain and facts.fx_day = days.period_start
    {%- else %}
    inner join {{ first.behaviour }}_days as days
        on facts.fx_day = days.date_day
    {%- endif %}
    left join constant_rates
        on
            facts.currency_code = constant_rates.currency_code
            and days.year_start_date = constant_rates.year_start_date
),

{{ scan }} as (
    select
        fx_year_start_date as year_start_date,
        {{ first.grain_column or "'day'" }} as grain,
        fx_day as period_start,
        cast({{ first.until or first.time }} as date) as period_end
        {%- for component in components %},
        sum({{ kpi_fx_contribution(component, 'fx_constant_') }}) as {{ component.name }}_constant,
        sum(
            {{ kpi_fx_contribution(component, 'fx_day_') }}
            - {{ kpi_fx_contribution(component, 'fx_constant_') }}
        ) as {{ component.name }}_effect
        {%- endfor %}
    from {{ scan }}_converted
    group by
        fx_year_start_date,
        {%- if first.grain_column %}
        {{ first.grain_column }},
        {%- endif %}
        fx_day,
        cast({{ first.until or first.time }} as date)
),
{% endfor %}
daily as (
    {%- for scan, components in plan.scans.items() %}
    {%- set is_last = loop.last %}
    {%- for component in components %}
    select
        '{{ component.name }}' as component,
        '{{ component.behaviour }}' as behaviour,
        year_start_date,
        grain,
        period_start,
        period_end,
        coalesce({{ component.name }}_constant, 0) as constant_amount,
        coalesce({{ component.name }}_effect, 0) as effect_amount
    from {{ scan }}
    {{ "union all" if not (loop.last and is_last) }}
    {%- endfor %}
    {%- endfor %}
),

-- What stood before the first period that has a year's rates opens it.
rolled_up as (
    select
        daily.component,
        daily.behaviour,
        periods.grain,
        periods.period_start,
        periods.year_start_date,
        sum(daily.constant_amount) as constant_amount,
        sum(daily.effect_amount) as effect_amount
    from daily
    inner join calendar
        on daily.period_start = calendar.date_day
    inner join periods
        on
            calendar.grain = periods.grain
            and daily.year_start_date = periods.year_start_date
            and periods.period_start = case
                when daily.behaviour = 'balance'
                    then greatest(calendar.period_start, periods.first_period_start)
                else calendar.period_start
            end
            and daily.period_end <= periods.period_end
    where daily.behaviour <> 'per_grain'
    group by
        daily.component,
        daily.behaviour,
        periods.grain,
        periods.period_start,
        periods.year_start_date

    union all

    select
        component,
        behaviour,
        grain,
        period_start,
        year_start_date,
        constant_amount,
        effect_amount
    from daily
    where behaviour = 'per_grain'
),

balances as (
    select
        every_period.component,
        every_period.grain,
        every_period.period_start,
        sum(rolled_up.constant_amount) over (
            partition by every_period.component, every_period.grain, every_period.year_start_date
            order by every_period.period_start nulls last
            rows between unbounded preceding and current row
        ) as constant_amount,
        sum(rolled_up.effect_amount) over (
            partition by every_period.component, every_period.grain, every_period.year_start_date
            order by every_period.period_start nulls last
            rows between unbounded preceding and current row
        ) as effect_amount
    from (
        select components.component, periods.grain, periods.period_start, periods.year_start_date
        from periods
        cross join (select distinct component from daily where behaviour = 'balance') as components
    ) as every_period
    left join rolled_up
        on
            every_period.component = rolled_up.component
            and every_period.grain = rolled_up.grain
            and every_period.period_start = rolled_up.period_start
),

amounts as (
    select component, grain, period_start, 'constant' as measure, constant_amount as amount
    from rolled_up
    where behaviour <> 'balance'

    union all

    select component, grain, period_start, 'effect' as measure, effect_amount as amount
    from rolled_up
    where behaviour <> 'balance'

    union all

    select component, grain, period_start, 'constant' as measure, constant_amount as amount
    from balances

    union all

    select component, grain, period_start, 'effect' as measure, effect_amount as amount
    from balances
),

{{ kpi_parts(plan) }}

cells as (
    select
        parts.kpi,
        amounts.grain,
        amounts.period_start,
        amounts.measure,
        {{ kpi_places(plan) }}
    from amounts
    inner join parts
        on amounts.component = parts.component
    group by parts.kpi, amounts.grain, amounts.period_start, amounts.measure
),

computed as (
    select
        kpi,
        grain,
        period_start,
        measure,
        {{ kpi_case(plan.kpis, 0) }} as amount
    from cells
),

split as (
    select
        kpi,
        grain,
        period_start,
        sum(case when measure = 'constant' then amount end) as constant_amount,
        sum(case when measure = 'effect' then amount end) as effect_amount
    from computed
    group by kpi, grain, period_start
)

select
    figures.kpi,
    figures.grain,
    figures.period_start,
    figures.period_end,
    figures.value,
    cast(coalesce(split.constant_amount, 0) as decimal(38, 6)) as constant_currency_value,
    cast(coalesce(split.effect_amount, 0) as decimal(38, 6)) as fx_effect
from figures
left join split
    on
        figures.kpi = split.kpi
        and figures.grain = split.grain
        and figures.period_start = split.period_start
where
    figures.kpi in (
        {%- for kpi in plan.kpis %}
        {{ kpi_quote(kpi.name) }}{{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endif %}
{% endmacro %}
