with

changes as (

    select *
    from {{ ref('fct_subscription_mrr') }}
    where change_date < {{ as_of_date() }}

),

days as (

    select * from {{ ref('dim_date') }}

),

in_periods as (
    {%- for grain in kpi_grains() %}

    select
        '{{ grain }}' as grain,
        days.{{ kpi_period_columns(grain)[0] }} as period_start,
        changes.customer_id,
        changes.change_date,
        changes.mrr_change_id,
        changes.currency_code,
        changes.mrr_amount,
        changes.mrr_amount_reporting,
        changes.region,
        changes.segment,
        changes._landing_id,
        changes._row_number
    from changes
    inner join days on changes.change_date = days.date_day
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- The row that decides is the last change of the period.
ranked as (

    select
        *,
        row_number() over (
            partition by grain, period_start, customer_id
            order by change_date desc nulls last, mrr_change_id desc nulls last
        ) as from_the_end
    from in_periods

),

of_customers as (

    select
        grain,
        period_start,
        customer_id,
        max(region) as region,
        max(segment) as segment,
        sum(mrr_amount_reporting) as mrr_change,
        min(change_date) as first_change_date,
        max(case when from_the_end = 1 then _landing_id end) as _landing_id,
        max(case when from_the_end = 1 then _row_number end) as _row_number
    from ranked
    group by grain, period_start, customer_id

),

stood as (

    select
        *,
        sum(mrr_change) over (
            partition by grain, customer_id
            order by period_start asc nulls last
            rows between unbounded preceding and current row
        ) as closing_mrr,
        min(first_change_date) over (partition by grain, customer_id) as first_ever_date
    from of_customers

),

-- What moved in its currency, even where two days' rates make the same of before and after.
of_currencies as (

    select
        grain,
        period_start,
        customer_id,
        currency_code,
        sum(mrr_amount) as original_change
    from in_periods
    group by grain, period_start, customer_id, currency_code

),

in_currencies as (

    select
        grain,
        period_start,
        customer_id,
        sum(original_change) as original_change
    from of_currencies
    where original_change <> 0
    group by grain, period_start, customer_id

),

moved as (

    select
        stood.*,
        in_currencies.original_change,
        stood.closing_mrr - stood.mrr_change as opening_mrr
    from stood
    left join in_currencies
        on
            stood.grain = in_currencies.grain
            and stood.period_start = in_currencies.period_start
            and stood.customer_id = in_currencies.customer_id
    where stood.mrr_change <> 0 or in_currencies.customer_id is not null

)

select
    {{ joined_key(['grain', 'period_start', 'customer_id']) }} as mrr_movement_id,
    grain,
    period_start,
    customer_id,
    case
        when opening_mrr = 0 and first_ever_date >= period_start then 'new'
        when opening_mrr = 0 then 'reactivation'
        when closing_mrr = 0 then 'churned'
        when mrr_change > 0 then 'expansion'
        when mrr_change < 0 then 'contraction'
        -- Nothing in the reporting currency: the original amounts say which way.
        when original_change < 0 then 'contraction'
        else 'expansion'
    end as movement_kind,
    region,
    segment,
    cast(opening_mrr as decimal(28, 6)) as opening_mrr_reporting,
    cast(mrr_change as decimal(28, 6)) as mrr_change_reporting,
    cast(closing_mrr as decimal(28, 6)) as closing_mrr_reporting,
    _landing_id,
    _row_number

from moved
