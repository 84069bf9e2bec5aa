-- Days of which one report names no account and another one does: perhaps the same money twice.
with

spend as (
    select
        platform,
        account_id,
        account_id like 'only_account%' as is_unnamed,
        stream,
        period_start,
        period_end,
        spend_amount
    from {{ ref('fct_ad_performance') }}
    where spend_amount <> 0
),

unnamed as (
    select
        platform,
        stream,
        period_start,
        period_end,
        sum(spend_amount) as spend_amount
    from spend
    where is_unnamed
    group by platform, stream, period_start, period_end
),

named as (
    select
        platform,
        account_id,
        period_start,
        period_end
    from spend
    where not is_unnamed
    group by platform, account_id, period_start, period_end
)

select
    unnamed.platform,
    unnamed.stream as table_name,
    unnamed.period_start as first_date,
    unnamed.period_end as last_date,
    unnamed.spend_amount,
    named.account_id as other_account_id
from unnamed
inner join named
    on
        unnamed.platform = named.platform
        and unnamed.period_start <= named.period_end
        and unnamed.period_end >= named.period_start
