with

deals as (

    select
        *,
        {{ record_id('account_id') }} as account_record_id

    from {{ ref('fct_deals') }}
    where is_won and amount_reporting is not null

),

touches as (

    select * from {{ ref('fct_touches') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

-- What a company's people did until the deal was won. A deal without any stays as one row.
met as (

    select
        deals.deal_id,
        deals.close_date,
        deals.region,
        deals.owner,
        deals.currency_code,
        deals.amount,
        deals.amount_reporting,
        deals.fx_from_rate,
        deals.fx_to_rate,
        deals.fx_rate_date,
        deals._landing_id,
        deals._row_number,
        touches.touch_id,
        touches.touch_date,
        touches.channel,
        touches.platform,
        touches.campaign_id,
        row_number() over (
            partition by deals.deal_id
            order by touches.touch_date asc nulls last, touches.touch_id asc nulls last
        ) as place,
        count(*) over (partition by deals.deal_id) as places

    from deals
    left join touches
        on
            deals.account_record_id = touches.account_record_id
            and deals.close_date >= touches.touch_date

),

divided as (

    select
        *,
        cast({{ kpi_ratio(
            'amount', 'cast(places as decimal(9, 0))', unit_scale=6
        ) }} as decimal(28, 6)) as equal_part,
        cast({{ kpi_ratio(
            'amount_reporting', 'cast(places as decimal(9, 0))', unit_scale=6
        ) }} as decimal(28, 6)) as equal_part_reporting,
        cast({{ kpi_ratio('1', 'cast(places as decimal(9, 0))', unit_scale=0) }} as decimal(7, 6))
            as equal_share

    from met

),

-- Equal parts, each rounded, may miss the amount by some millionths: the first touches carry them,
-- in either currency for itself. Parts that are converted one by one would miss it in one of them.
left_over as (

    select
        *,
        amount - cast(equal_part * cast(places as decimal(9, 0)) as decimal(28, 6)) as remainder,
        amount_reporting
        - cast(equal_part_reporting * cast(places as decimal(9, 0)) as decimal(28, 6))
            as remainder_reporting,
        1 - cast(equal_share * cast(places as decimal(9, 0)) as decimal(28, 6))
            as remainder_of_share

    from divided

),

modelled as (

    select
        *,
        'first_touch' as attribution_model,
        amount as attributed_amount,
        amount_reporting as attributed_amount_reporting,
        cast(1 as decimal(7, 6)) as attributed_deals

    from left_over
    where place = 1

    union all

    select
        *,
        'last_touch' as attribution_model,
        amount as attributed_amount,
        amount_reporting as attributed_amount_reporting,
        cast(1 as decimal(7, 6)) as attributed_deals

    from left_over
    where place = places

    union all

    select
        *,
        'linear' as attribution_model,
        equal_part + {{ left_over_millionth('place', 'remainder') }} as attributed_amount,
        equal_part_reporting + {{ left_over_millionth('place', 'remainder_reporting') }}
            as attributed_amount_reporting,
        cast(
            equal_share + {{ left_over_millionth('place', 'remainder_of_share') }} as decimal(7, 6)
        ) as attributed_deals

    from left_over

)

select
    {{ joined_key(['modelled.attribution_model', 'modelled.deal_id', 'modelled.touch_id']) }}
        as deal_attribution_id,
    modelled.attribution_model,
    modelled.deal_id,
    modelled.touch_id,
    modelled.close_date,
    modelled.touch_date,
    modelled.touch_id is not null as is_attributed,
    coalesce(modelled.channel, 'unattributed') as channel,
    coalesce(channels.channel_group, 'unattributed') as channel_group,
    case when channels.channel_group = 'paid' then coalesce(modelled.platform, 'unknown') end
        as platform,
    modelled.campaign_id,
    modelled.region,
    modelled.owner,
    modelled.currency_code,
    cast(modelled.attributed_amount as decimal(18, 6)) as attributed_amount,
    cast(modelled.attributed_amount_reporting as decimal(28, 6)) as attributed_amount_reporting,
    modelled.fx_from_rate,
    modelled.fx_to_rate,
    modelled.fx_rate_date,
    modelled.attributed_deals,
    modelled._landing_id,
    modelled._row_number

from modelled
left join channels on modelled.channel = channels.channel
