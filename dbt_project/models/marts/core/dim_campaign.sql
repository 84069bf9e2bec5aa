with

performance as (

    select * from {{ ref('fct_ad_performance') }}
    where campaign_id is not null

),

-- Campaigns are renamed; the name of their last day is the one people look for.
named as (

    select
        platform,
        campaign_id,
        account_id,
        campaign_name,
        channel

    from performance
    qualify row_number() over (
        partition by platform, campaign_id
        order by performance_date desc nulls last, ad_performance_id desc nulls last
    ) = 1

),

active as (

    select
        platform,
        campaign_id,
        min(performance_date) as first_performance_date,
        max(performance_date) as last_performance_date

    from performance
    group by platform, campaign_id

)

select
    named.platform,
    named.campaign_id,
    named.account_id,
    named.campaign_name,
    named.channel,
    active.first_performance_date,
    active.last_performance_date

from named
inner join active
    on
        named.platform = active.platform
        and named.campaign_id = active.campaign_id
