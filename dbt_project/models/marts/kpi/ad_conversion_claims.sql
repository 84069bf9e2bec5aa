{#-
    A row per platform, never one over all of them: two platforms claim the same sale, so that the sum of
    claims is of nothing. What the CRM verifies is in columns, one per attribution model.
-#}
{%- set models = ['first_touch', 'last_touch', 'linear'] -%}
with

periods as (

    select
        grain,
        period_start,
        period_end

    from {{ ref('kpi_periods') }}

),

performance as (

    select * from {{ ref('fct_ad_performance') }}

),

attribution as (

    select * from {{ ref('fct_deal_attribution') }}
    where channel_group = 'paid'

),

claimed as (

    select
        platform,
        period_start as first_day,
        period_end as last_day,
        sum(conversions) as conversions,
        sum(conversion_value_amount_reporting) as conversion_value,
        sum(spend_amount_reporting) as spend

    from performance
    where period_end < {{ as_of_date() }}
    group by platform, period_start, period_end

),

verified as (

    select
        platform,
        close_date as first_day,
        close_date as last_day,
        {%- for model in models %}
        sum(case when attribution_model = '{{ model }}' then attributed_deals end)
            as deals_{{ model }},
        sum(case when attribution_model = '{{ model }}' then attributed_amount_reporting end)
            as amount_{{ model }}{{ "," if not loop.last }}
        {%- endfor %}

    from attribution
    where close_date < {{ as_of_date() }}
    group by platform, close_date

),

both_sides as (

    select
        platform,
        first_day,
        last_day,
        conversions,
        conversion_value,
        spend,
        {%- for model in models %}
        cast(null as decimal(28, 6)) as deals_{{ model }},
        cast(null as decimal(28, 6)) as amount_{{ model }}{{ "," if not loop.last }}
        {%- endfor %}
    from claimed

    union all

    select
        platform,
        first_day,
        last_day,
        cast(null as decimal(28, 6)) as conversions,
        cast(null as decimal(28, 6)) as conversion_value,
        cast(null as decimal(28, 6)) as spend,
        {%- for model in models %}
        deals_{{ model }},
        amount_{{ model }}{{ "," if not loop.last }}
        {%- endfor %}
    from verified

),

-- What is only known of several days counts in the periods that contain them whole.
of_periods as (

    select
        both_sides.platform,
        periods.grain,
        periods.period_start,
        periods.period_end,
        cast(sum(both_sides.conversions) as decimal(28, 6)) as claimed_conversions,
        cast(sum(both_sides.conversion_value) as decimal(28, 6)) as claimed_value,
        cast(sum(both_sides.spend) as decimal(28, 6)) as spend,
        {%- for model in models %}
        cast(coalesce(sum(both_sides.deals_{{ model }}), 0) as decimal(28, 6))
            as deals_{{ model }},
        cast(coalesce(sum(both_sides.amount_{{ model }}), 0) as decimal(28, 6))
            as amount_{{ model }}{{ "," if not loop.last }}
        {%- endfor %}

    from both_sides
    inner join periods
        on
            both_sides.first_day >= periods.period_start
            and both_sides.last_day <= periods.period_end
    group by both_sides.platform, periods.grain, periods.period_start, periods.period_end

)

select
    platform,
    grain,
    period_start,
    period_end,
    spend as spend_amount_reporting,
    claimed_conversions,
    claimed_value as claimed_value_amount_reporting,
    {%- for model in models %}
    deals_{{ model }} as verified_deals_{{ model }},
    amount_{{ model }} as verified_amount_reporting_{{ model }},
    cast({{ kpi_ratio('claimed_conversions', 'deals_' ~ model, unit_scale=6) }} as decimal(38, 6))
        as over_claim_ratio_{{ model }},
    cast({{ kpi_ratio('claimed_value', 'amount_' ~ model, unit_scale=6) }} as decimal(38, 6))
        as value_over_claim_ratio_{{ model }}{{ "," if not loop.last }}
    {%- endfor %}

from of_periods
