{#- A month's budget is one of its quarter and year too, unless these have their own. -#}
{%- set ranks = {'month': 1, 'quarter': 2, 'year': 3} -%}

with

budgets as (

    select * from {{ ref('stg_budgets__budgets') }}
    where coalesce(valid_from, {{ as_of_date() }}) <= {{ as_of_date() }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

newest_first as (

    select
        *,
        row_number() over (
            partition by account_group, grain, period_start, region, channel
            order by version desc nulls last, valid_from desc nulls last
        ) as place
    from budgets

),

-- Of a period that has not come there are no rates: those of the last whole day stand in.
in_force as (

    select
        *,
        case grain when 'month' then 1 when 'quarter' then 2 else 3 end as source_rank,
        least(period_start, {{ days_after(as_of_date(), -1) }}) as rate_date
    from newest_first
    where place = 1

),

in_periods as (
    {%- for grain, rank in ranks.items() %}

    select
        '{{ grain }}' as counted_grain,
        {{ period_start(grain, 'period_start') }} as counted_start,
        *
    from in_force
    where source_rank <= {{ rank }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

ranked as (

    select
        *,
        max(source_rank) over (
            partition by counted_grain, counted_start, account_group
        ) as coarsest_rank
    from in_periods

)

select
    {{ joined_key([
        'ranked.counted_grain', 'ranked.grain', 'ranked.period_start', 'ranked.account_group',
        'ranked.region', 'ranked.channel',
    ]) }} as budget_id,
    ranked.counted_grain as grain,
    ranked.counted_start as period_start,
    ranked.account_group,
    ranked.grain as budgeted_grain,
    ranked.period_start as budgeted_period_start,
    ranked.region,
    ranked.channel,
    ranked.currency_code,
    ranked.budget_amount,
    {{ convert_amount('ranked.budget_amount', 'rates.from_rate', 'rates.to_rate') }}
        as budget_amount_reporting,
    case
        when ranked.account_group in ('income', 'other_income') then 1
        else -1
    end as direction,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    ranked._landing_id,
    ranked._row_number

from ranked
left join rates
    on
        ranked.currency_code = rates.currency_code
        and ranked.rate_date = rates.rate_date
where ranked.source_rank = ranked.coarsest_rank
