-- Each stated target shared out among those of its days that no shorter one speaks of: what is left
-- of it is placed by the days' weights, and rounded as it accumulates, so that the days sum to it.
{{ config(materialized='table', schema='intermediate') }}

{%- set figures = [
    'target', 'lower_value', 'upper_value', 'original_target', 'original_lower_value',
    'original_upper_value',
] %}

with

stated as (
    select
        line_id, grain, period_start, spread,
        {%- for figure in figures %}
        {{ figure }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_targets_stated') }}
    where spread not in ('none', 'same')
),

season_weights as (
    select season, month_of_year, weight
    from {{ ref('stg_targets__season_weights') }}
),

calendar as (
    select
        date_day,
        {%- for grain in kpi_grains() if grain != 'day' %}
        {{ kpi_period_columns(grain) | join(', ') }},
        {%- endfor %}
        extract(month from date_day) as month_of_year,
        case when is_weekend then 0 else 1 end as working_days,
        sum(case when is_weekend then 0 else 1 end) over (
            partition by date_trunc('month', date_day)
        ) as working_days_of_month,
        max(date_day) over () as last_known_day
    from {{ ref('dim_date') }}
),

figures as (
    {%- for figure in figures %}
    select line_id, grain, period_start, spread, '{{ figure }}' as figure, {{ figure }} as whole
    from stated
    where {{ figure }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

{% for grain in kpi_grains() %}
{%- set first_day, last_day = kpi_period_columns(grain) %}
{%- set shorter = kpi_grains()[loop.index0 - 1] %}
{{ grain }}_days as (
    select
        figures.line_id,
        figures.figure,
        figures.period_start,
        figures.whole,
        calendar.date_day,
        {{ "placed.amount" if not loop.first else "cast(null as decimal(38, 6))" }} as placed_amount,
        cast(case
            when figures.spread = 'days' then 1
            when figures.spread = 'working_days' then calendar.working_days
            -- The month's weight by its working days; of 19 to 23 of them without a remainder.
            when calendar.working_days = 1
                then round({{ kpi_ratio(
                    'cast(cast(coalesce(season_weights.weight, 0) as bigint) * 2018940 as decimal(18, 0))',
                    'cast(calendar.working_days_of_month as decimal(18, 0))',
                    unit_scale=0
                ) }}, 0)
            else 0
        end as decimal(15, 0)) as weight
    from figures
    inner join calendar
        on figures.period_start = calendar.{{ first_day }}
    left join season_weights
        on
            figures.spread = season_weights.season
            and calendar.month_of_year = season_weights.month_of_year
    {%- if not loop.first %}
    left join {{ shorter }}_placed as placed
        on
            figures.line_id = placed.line_id
            and figures.figure = placed.figure
            and calendar.date_day = placed.date_day
    {%- endif %}
    where
        figures.grain = '{{ grain }}'
        and calendar.{{ last_day }} <= calendar.last_known_day
),

{{ grain }}_left as (
    select
        line_id,
        figure,
        period_start,
        date_day,
        placed_amount,
        whole - coalesce(
            sum(placed_amount) over (partition by line_id, figure, period_start), 0
        ) as rest,
        case
            when placed_amount is null then case
                when sum(case when placed_amount is null then weight end)
                    over (partition by line_id, figure, period_start) = 0
                    then 1
                else weight
            end
        end as weight
    from {{ grain }}_days
),

{{ grain }}_shares as (
    select
        line_id,
        figure,
        period_start,
        date_day,
        cast(rest as decimal(22, 6)) as rest,
        cast(sum(weight) over (partition by line_id, figure, period_start) as decimal(15, 0))
            as all_weight,
        cast(sum(weight) over (
            partition by line_id, figure, period_start order by date_day nulls last
        ) as decimal(15, 0)) as weight_so_far
    from {{ grain }}_left
    where placed_amount is null
),

{{ grain }}_so_far as (
    select
        line_id,
        figure,
        period_start,
        date_day,
        {{ kpi_ratio('rest * weight_so_far', 'all_weight', unit_scale=6) }} as amount_so_far
    from {{ grain }}_shares
),

{{ grain }}_placed as (
    select
        line_id,
        figure,
        date_day,
        '{{ grain }}' as from_grain,
        period_start as from_period_start,
        cast({{ loop.index }} as integer) as from_rank,
        amount_so_far - coalesce(lag(amount_so_far) over (
            partition by line_id, figure, period_start order by date_day nulls last
        ), 0) as amount
    from {{ grain }}_so_far
    {%- if not loop.first %}

    union all

    select line_id, figure, date_day, from_grain, from_period_start, from_rank, amount
    from {{ shorter }}_placed
    {%- endif %}
){{ "," if not loop.last }}

{% endfor %}
select
    line_id,
    figure,
    date_day,
    from_grain,
    from_period_start,
    from_rank,
    cast(amount as decimal(38, 6)) as amount
from {{ kpi_grains() | last }}_placed
