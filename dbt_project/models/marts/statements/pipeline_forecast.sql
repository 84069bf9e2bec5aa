with

deals as (

    select
        {{ period_start('month', 'close_date') }} as close_month_start_date,
        coalesce(close_date < {{ as_of_date() }}, false) as is_overdue,
        owner,
        coalesce(stage, 'unknown') as stage,
        currency_code,
        coalesce(amount, 0) as amount,
        coalesce(amount_reporting, 0) as amount_reporting,
        case when amount is null then 1 else 0 end as without_amount,
        case when probability is null then 1 else 0 end as without_probability,
        case when probability is null then coalesce(amount, 0) else 0 end
            as amount_without_probability,
        case when probability is null then coalesce(amount_reporting, 0) else 0 end
            as amount_reporting_without_probability,
        cast(amount * probability as decimal(28, 6)) as weighted_amount,
        cast(amount_reporting * probability as decimal(28, 6)) as weighted_amount_reporting
    from {{ ref('fct_deals') }}
    where is_open

)

select
    {{ joined_key([
        'close_month_start_date', "case when is_overdue then 'overdue' end", 'owner', 'stage',
        'currency_code',
    ]) }} as forecast_line_id,
    close_month_start_date,
    is_overdue,
    owner,
    stage,
    currency_code,
    cast(count(*) as bigint) as deal_count,
    cast(sum(without_amount) as bigint) as deal_count_without_amount,
    cast(sum(without_probability) as bigint) as deal_count_without_probability,
    cast(sum(amount) as decimal(28, 6)) as amount,
    cast(sum(amount_reporting) as decimal(28, 6)) as amount_reporting,
    cast(coalesce(sum(weighted_amount), 0) as decimal(28, 6)) as weighted_amount,
    cast(coalesce(sum(weighted_amount_reporting), 0) as decimal(28, 6))
        as weighted_amount_reporting,
    cast(sum(amount_without_probability) as decimal(28, 6)) as amount_without_probability,
    cast(sum(amount_reporting_without_probability) as decimal(28, 6))
        as amount_without_probability_reporting

from deals
group by close_month_start_date, is_overdue, owner, stage, currency_code
