-- Which of its days are built anew. depends_on: {{ ref('int_ads__changed_days') }}
with

performance as (

    select * from {{ ref('int_ads__performance_unioned') }}

),

breakdown_periods as (

    select * from {{ ref('int_ads__breakdown_periods') }}

),

feeds as (

    select * from {{ ref('int_ads__report_choices') }}
    where is_feed

),

entities as (

    select
        breakdown_periods.platform,
        breakdown_periods.account_id,
        breakdown_periods.report_grain,
        breakdown_periods.compared_start,
        breakdown_periods.compared_end,
        performance.campaign_id,
        performance.ad_group_id,
        performance.ad_id,
        max(breakdown_periods.stream) as stream,
        bool_and(breakdown_periods.is_feed) as is_feed,
        max(performance.campaign_name) as campaign_name,
        max(performance.ad_group_name) as ad_group_name,
        max(performance.ad_name) as ad_name,
        max(breakdown_periods.currency_code) as currency_code,
        sum(coalesce(performance.spend_amount, 0)) as spend_amount,
        sum(coalesce(performance.conversion_value_amount, 0)) as conversion_value_amount,
        sum(coalesce(performance.conversions, 0)) as conversions,
        sum(coalesce(performance.impressions, 0)) as impressions,
        sum(coalesce(performance.clicks, 0)) as clicks

    from performance
    inner join breakdown_periods
        on
            performance.platform = breakdown_periods.platform
            and performance.account_id = breakdown_periods.account_id
            and performance.report_grain = breakdown_periods.report_grain
            and performance.stream = breakdown_periods.stream
            and performance.period_start = breakdown_periods.period_start
            and performance.period_end = breakdown_periods.period_end
    group by
        breakdown_periods.platform,
        breakdown_periods.account_id,
        breakdown_periods.report_grain,
        breakdown_periods.compared_start,
        breakdown_periods.compared_end,
        performance.campaign_id,
        performance.ad_group_id,
        performance.ad_id

),

told as (

    select
        platform,
        account_id,
        report_grain,
        compared_start,
        compared_end,
        bool_and(is_feed) as is_feed,
        bool_or(not is_in_a_feed) as is_longer,
        sum(spend_amount) as spend_amount,
        sum(conversion_value_amount) as conversion_value_amount,
        sum(conversions) as conversions,
        sum(impressions) as impressions,
        sum(clicks) as clicks

    from breakdown_periods
    group by platform, account_id, report_grain, compared_start, compared_end

),

grains as (

    select distinct
        platform,
        account_id,
        report_grain

    from told

),

-- Every level that an account is ever reported at is held against all of its spend.
owed as (

    select
        platform,
        account_id,
        report_grain,
        compared_start,
        compared_end

    from told

    union

    select
        grains.platform,
        grains.account_id,
        grains.report_grain,
        feeds.period_start as compared_start,
        feeds.period_end as compared_end

    from grains
    inner join feeds
        on grains.platform = feeds.platform and grains.account_id = feeds.account_id
    left join told as longer
        on
            longer.is_longer
            and grains.platform = longer.platform
            and grains.account_id = longer.account_id
            and grains.report_grain = longer.report_grain
            and feeds.period_start >= longer.compared_start
            and feeds.period_end <= longer.compared_end
    where longer.platform is null

),

spent as (

    select
        owed.platform,
        owed.account_id,
        owed.report_grain,
        owed.compared_start,
        owed.compared_end,
        max(feeds.stream) as stream,
        max(feeds.currency_code) as currency_code,
        sum(coalesce(feeds.spend_amount, 0)) as spend_amount,
        sum(coalesce(feeds.conversion_value_amount, 0)) as conversion_value_amount,
        sum(coalesce(feeds.conversions, 0)) as conversions,
        sum(coalesce(feeds.impressions, 0)) as impressions,
        sum(coalesce(feeds.clicks, 0)) as clicks

    from owed
    left join feeds
        on
            owed.platform = feeds.platform
            and owed.account_id = feeds.account_id
            and owed.compared_start <= feeds.period_start
            and owed.compared_end >= feeds.period_end
    group by
        owed.platform, owed.account_id, owed.report_grain, owed.compared_start, owed.compared_end

),

unallocated as (

    select
        spent.platform,
        spent.account_id,
        spent.report_grain,
        spent.compared_start,
        spent.compared_end,
        spent.stream,
        spent.currency_code,
        spent.spend_amount - coalesce(told.spend_amount, 0) as spend_amount,
        spent.conversion_value_amount - coalesce(told.conversion_value_amount, 0)
            as conversion_value_amount,
        spent.conversions - coalesce(told.conversions, 0) as conversions,
        spent.impressions - coalesce(told.impressions, 0) as impressions,
        spent.clicks - coalesce(told.clicks, 0) as clicks

    from spent
    left join told
        on
            spent.platform = told.platform
            and spent.account_id = told.account_id
            and spent.report_grain = told.report_grain
            and spent.compared_start = told.compared_start
            and spent.compared_end = told.compared_end
    where not coalesce(told.is_feed, false)

)

select
    {{ joined_key([
        'platform', 'account_id', 'report_grain', 'compared_start', 'compared_end', 'campaign_id',
        'ad_group_id', 'ad_id',
    ]) }} as ad_breakdown_id,
    platform,
    account_id,
    compared_start as period_start,
    compared_end as period_end,
    report_grain,
    stream,
    is_feed,
    false as is_unallocated,
    campaign_id,
    campaign_name,
    ad_group_id,
    ad_group_name,
    ad_id,
    ad_name,
    currency_code,
    cast(spend_amount as decimal(28, 6)) as spend_amount,
    cast(conversion_value_amount as decimal(28, 6)) as conversion_value_amount,
    cast(conversions as decimal(28, 6)) as conversions,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks

from entities

union all

select
    {{ joined_key([
        'platform', 'account_id', 'report_grain', 'compared_start', 'compared_end', "'unallocated'",
    ]) }} as ad_breakdown_id,
    platform,
    account_id,
    compared_start as period_start,
    compared_end as period_end,
    report_grain,
    stream,
    false as is_feed,
    true as is_unallocated,
    {{ as_text('null') }} as campaign_id,
    {{ as_text('null') }} as campaign_name,
    {{ as_text('null') }} as ad_group_id,
    {{ as_text('null') }} as ad_group_name,
    {{ as_text('null') }} as ad_id,
    {{ as_text('null') }} as ad_name,
    currency_code,
    cast(spend_amount as decimal(28, 6)) as spend_amount,
    cast(conversion_value_amount as decimal(28, 6)) as conversion_value_amount,
    cast(conversions as decimal(28, 6)) as conversions,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks

from unallocated
