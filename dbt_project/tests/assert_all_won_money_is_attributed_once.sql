{#
    Under each attribution model a deal's parts, with what nobody can be given, are its amount, in
    its own currency as in the reporting one: so are those of any period, channel and owner.
#}
with

deals as (

    select * from {{ ref('fct_deals') }}
    where is_won and amount_reporting is not null

),

attribution as (

    select * from {{ ref('fct_deal_attribution') }}

),

given as (

    select
        deal_id,
        sum(
            case when attribution_model = 'first_touch' then attributed_amount_reporting end
        ) as first_touch,
        sum(
            case when attribution_model = 'last_touch' then attributed_amount_reporting end
        ) as last_touch,
        sum(
            case when attribution_model = 'linear' then attributed_amount_reporting end
        ) as linear,
        sum(case when attribution_model = 'first_touch' then attributed_amount end)
            as first_touch_original,
        sum(case when attribution_model = 'last_touch' then attributed_amount end)
            as last_touch_original,
        sum(case when attribution_model = 'linear' then attributed_amount end) as linear_original,
        sum(attributed_deals) as deals,
        min(currency_code) as first_currency,
        max(currency_code) as last_currency

    from attribution
    group by deal_id

)

select
    coalesce(deals.deal_id, given.deal_id) as deal_id,
    deals.amount_reporting,
    given.first_touch,
    given.last_touch,
    given.linear,
    deals.currency_code,
    deals.amount,
    given.first_touch_original,
    given.last_touch_original,
    given.linear_original

from deals
full outer join given on deals.deal_id = given.deal_id
where
    deals.deal_id is null
    or given.first_touch is distinct from deals.amount_reporting
    or given.last_touch is distinct from deals.amount_reporting
    or given.linear is distinct from deals.amount_reporting
    or given.first_touch_original is distinct from deals.amount
    or given.last_touch_original is distinct from deals.amount
    or given.linear_original is distinct from deals.amount
    or given.first_currency is distinct from deals.currency_code
    or given.last_currency is distinct from deals.currency_code
    -- Once by each of the three models.
    or given.deals is distinct from 3
