-- Whatever level one looks at, an account has spent the same: over all time, and in each of the
-- periods compared.
with

breakdown as (

    select * from {{ ref('fct_ad_breakdown') }}

),

spend as (

    select * from {{ ref('fct_ad_performance') }}

),

spend_periods as (

    select
        platform,
        account_id,
        period_start,
        period_end,
        sum(coalesce(spend_amount, 0)) as spend_amount,
        sum(coalesce(conversion_value_amount, 0)) as conversion_value_amount,
        sum(coalesce(impressions, 0)) as impressions,
        sum(coalesce(clicks, 0)) as clicks,
        sum(coalesce(conversions, 0)) as conversions

    from spend
    group by platform, account_id, period_start, period_end

),

told as (
    {%- for first_date, last_date in [
        ('period_start', 'period_end'),
        ("cast('0001-01-01' as date)", "cast('9999-12-31' as date)"),
    ] %}

    select
        platform,
        account_id,
        report_grain,
        {{ first_date }} as first_date,
        {{ last_date }} as last_date,
        sum(spend_amount) as spend_amount,
        sum(conversion_value_amount) as conversion_value_amount,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions

    from breakdown
    group by platform, account_id, report_grain, {{ first_date }}, {{ last_date }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

compared as (

    select
        told.platform,
        told.account_id,
        told.report_grain,
        told.first_date,
        told.last_date,
        max(told.spend_amount) as spend_amount,
        max(told.conversion_value_amount) as conversion_value_amount,
        max(told.impressions) as impressions,
        max(told.clicks) as clicks,
        max(told.conversions) as conversions,
        sum(coalesce(spend_periods.spend_amount, 0)) as of_account_amount,
        sum(coalesce(spend_periods.conversion_value_amount, 0)) as of_account_value,
        sum(coalesce(spend_periods.impressions, 0)) as of_account_impressions,
        sum(coalesce(spend_periods.clicks, 0)) as of_account_clicks,
        sum(coalesce(spend_periods.conversions, 0)) as of_account_conversions

    from told
    left join spend_periods
        on
            told.platform = spend_periods.platform
            and told.account_id = spend_periods.account_id
            and told.first_date <= spend_periods.period_start
            and told.last_date >= spend_periods.period_end
    group by
        told.platform, told.account_id, told.report_grain, told.first_date, told.last_date

)

select * from compared
where
    spend_amount <> of_account_amount
    or conversion_value_amount <> of_account_value
    or impressions <> of_account_impressions
    or clicks <> of_account_clicks
    or conversions <> of_account_conversions
