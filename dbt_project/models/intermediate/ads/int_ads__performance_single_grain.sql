with

performance as (

    select * from {{ ref('int_ads__performance_unioned') }}

),

account_currencies as (

    select * from {{ ref('int_ads__account_currencies') }}

),

-- The same money is reported by account, campaign, ad group and ad, and by more than one export.
preferred as (

    select
        *,
        case report_grain
            when 'account' then '1|'
            when 'campaign' then '2|'
            when 'ad_group' then '3|'
            else '4|'
        end || stream as preference

    from performance

),

best as (

    select
        platform,
        account_id,
        performance_date,
        min(preference) as preference

    from preferred
    group by platform, account_id, performance_date

),

single_grain as (

    select
        preferred.ad_performance_id,
        preferred.performance_date,
        preferred.platform,
        preferred.channel,
        preferred.account_id,
        preferred.campaign_id,
        preferred.campaign_name,
        preferred.report_grain,
        coalesce(preferred.currency_code, account_currencies.currency_code) as currency_code,
        preferred.spend_amount,
        preferred.conversion_value_amount,
        preferred.impressions,
        preferred.clicks,
        preferred.conversions,
        preferred._landing_id,
        preferred._row_number

    from preferred
    inner join best
        on
            preferred.platform = best.platform
            and preferred.account_id = best.account_id
            and preferred.performance_date = best.performance_date
            and preferred.preference = best.preference
    left join account_currencies
        on
            preferred.platform = account_currencies.platform
            and preferred.account_id = account_currencies.account_id

)

select * from single_grain
