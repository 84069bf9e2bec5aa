with

performance as (

    -- All reports: some campaigns are only in one that is a view of the spend.
    select * from {{ ref('int_ads__performance_unioned') }}
    where campaign_id is not null

),

active as (

    select
        platform,
        campaign_id,
        min(period_start) as first_performance_date,
        max(period_end) as last_performance_date

    from performance
    group by platform, campaign_id

),

-- Campaigns are renamed; the name of their last day is the one people look for.
last_known as (

    select
        performance.platform,
        performance.campaign_id,
        performance.account_id,
        performance.campaign_name,
        performance.channel,
        active.first_performance_date,
        active.last_performance_date

    from performance
    inner join active
        on
            performance.platform = active.platform
            and performance.campaign_id = active.campaign_id
            and performance.period_end = active.last_performance_date
    qualify row_number() over (
        partition by performance.platform, performance.campaign_id
        order by
            performance.campaign_name asc nulls last, performance.ad_performance_id asc nulls last
    ) = 1

)

select
    platform,
    campaign_id,
    account_id,
    campaign_name,
    channel,
    first_performance_date,
    last_performance_date

from last_known
