with

published as (

    select
        *,
        least(period_start, {{ days_after(as_of_date(), -1) }}) as rate_date,
        case grain
            when 'month' then {{ period_end('month', 'period_start') }}
            when 'quarter' then {{ period_end('quarter', 'period_start') }}
            else {{ period_end('year', 'period_start') }}
        end as period_end
    from {{ ref('stg_market_size__market_size') }}

),

days as (

    select * from {{ ref('dim_date') }}
    where date_day < {{ as_of_date() }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

-- Beside regions, a row of the whole market speaks of what is in none of them.
regions as (

    select
        grain,
        period_start,
        sum(addressable_customers) as addressable_customers,
        sum(market_revenue_amount) as market_revenue_amount
    from published
    where region <> ''
    group by grain, period_start

),

parts as (

    select
        published.grain,
        published.period_start,
        published.period_end,
        published.rate_date,
        case
            when published.region <> '' then published.region
            when regions.grain is null then 'unknown'
            else 'elsewhere'
        end as region,
        published.currency_code,
        cast(
            published.addressable_customers
            - case
                when published.region = '' then coalesce(regions.addressable_customers, 0)
                else 0
            end as bigint
        ) as addressable_customers,
        cast(
            published.market_revenue_amount
            - case
                when published.region = '' then coalesce(regions.market_revenue_amount, 0)
                else 0
            end as decimal(18, 6)
        ) as market_revenue_amount,
        published._landing_id,
        published._row_number
    from published
    left join regions
        on
            published.grain = regions.grain
            and published.period_start = regions.period_start

),

periods as (
    {%- for grain in ['month', 'quarter', 'year'] %}

    select distinct
        '{{ grain }}' as counted_grain,
        {{ grain }}_start_date as counted_start,
        {{ grain }}_end_date as counted_end
    from days
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

in_periods as (

    select
        periods.*,
        parts.*,
        case
            when parts.grain = periods.counted_grain then 1
            when
                parts.period_start >= periods.counted_start
                and parts.period_end <= periods.counted_end
                then 2
            else 3
        end as distance,
        case
            when parts.grain = periods.counted_grain then 1
            when parts.grain = 'quarter' then 4
            when periods.counted_grain = 'quarter' then 3
            else 12
        end as parts_of_period
    from parts
    inner join periods
        on
            parts.period_start <= periods.counted_end
            and parts.period_end >= periods.counted_start

),

-- Customers are those of the period itself, of its last part, or of the longer one around it; what
-- is earned is that of the period itself, or of all its parts: a longer one's is never cut.
ranked as (

    select
        *,
        row_number() over (
            partition by counted_grain, counted_start, region
            order by distance asc nulls last, period_start desc nulls last, grain asc nulls last
        ) as place,
        count(*) over (
            partition by counted_grain, counted_start, region, distance, grain
        ) as parts_known
    from in_periods

),

complete as (

    select
        *,
        distance < 3 and parts_known = parts_of_period as is_complete,
        min(
            case when distance < 3 and parts_known = parts_of_period then parts_of_period end
        ) over (partition by counted_grain, counted_start, region) as fewest_parts
    from ranked

)

select
    {{ joined_key([
        'complete.counted_grain', 'complete.counted_start', 'complete.region', 'complete.grain',
        'complete.period_start',
    ]) }} as market_size_id,
    complete.counted_grain as grain,
    complete.counted_start as period_start,
    complete.region,
    complete.grain as published_grain,
    complete.period_start as published_period_start,
    case when complete.place = 1 then complete.addressable_customers end as addressable_customers,
    complete.currency_code,
    case
        when complete.is_complete and complete.parts_of_period = complete.fewest_parts
            then complete.market_revenue_amount
    end as market_revenue_amount,
    case
        when complete.is_complete and complete.parts_of_period = complete.fewest_parts
            then {{ convert_amount(
                'complete.market_revenue_amount', 'rates.from_rate', 'rates.to_rate'
            ) }}
    end as market_revenue_amount_reporting,
    rates.from_rate as fx_from_rate,
    rates.to_rate as fx_to_rate,
    rates.fx_rate_date,
    complete._landing_id,
    complete._row_number

from complete
left join rates
    on
        complete.currency_code = rates.currency_code
        and complete.rate_date = rates.rate_date
where
    complete.place = 1
    or (complete.is_complete and complete.parts_of_period = complete.fewest_parts)
