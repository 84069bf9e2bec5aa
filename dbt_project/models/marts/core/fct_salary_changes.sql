with

spans as (

    select * from {{ ref('int_people__employment_spans') }}
    where salary_amount is not null

),

market as (

    select * from {{ ref('stg_market_salaries__market_salaries') }}

),

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

),

-- A salary agreed before the first rate that is known is converted at that one.
first_rates as (

    select
        currency_code,
        min(rate_date) as first_rate_date
    from rates
    where from_rate is not null
    group by currency_code

),

-- A span is cut where the market's salary of its role changes.
cuts as (

    select
        employee_key,
        span_from,
        span_from as cut_date
    from spans

    union

    select
        spans.employee_key,
        spans.span_from,
        market.valid_from as cut_date
    from spans
    inner join market
        on
            spans.job_role = market.job_role
            and market.region in ('', spans.region)
            and spans.span_from < market.valid_from
            and market.valid_from < coalesce(spans.span_until, cast('9999-12-31' as date))

),

pieces as (

    select
        employee_key,
        span_from,
        cut_date,
        lead(cut_date) over (partition by employee_key, span_from order by cut_date nulls last)
            as next_cut_date
    from cuts

),

-- The newest salary of the person's own region in force, else the newest of the role for all.
compared as (

    select
        pieces.cut_date,
        coalesce(pieces.next_cut_date, spans.span_until) as until_date,
        spans.*,
        market.currency_code as market_currency_code,
        cast(market.market_salary_amount * spans.full_time_share as decimal(18, 6))
            as market_salary_amount,
        row_number() over (
            partition by pieces.employee_key, pieces.cut_date
            order by
                case when market.region = '' then 1 else 0 end nulls last,
                market.valid_from desc nulls last
        ) as place
    from pieces
    inner join spans
        on pieces.employee_key = spans.employee_key and pieces.span_from = spans.span_from
    left join market
        on
            spans.job_role = market.job_role
            and market.region in ('', spans.region)
            and pieces.cut_date >= market.valid_from

),

dated as (

    select
        compared.*,
        greatest(
            compared.cut_date,
            coalesce(own.first_rate_date, compared.cut_date),
            coalesce(theirs.first_rate_date, compared.cut_date)
        ) as rate_date
    from compared
    left join first_rates as own on compared.currency_code = own.currency_code
    left join first_rates as theirs on compared.market_currency_code = theirs.currency_code
    where compared.place = 1

),

-- Both salaries at the rate of one day, so that a rate moves no comparison in one currency.
converted as (

    select
        dated.*,
        {{ convert_amount('dated.salary_amount', 'own.from_rate', 'own.to_rate') }}
            as salary_amount_reporting,
        {{ convert_amount('dated.market_salary_amount', 'theirs.from_rate', 'theirs.to_rate') }}
            as market_salary_amount_reporting,
        own.from_rate as fx_from_rate,
        own.to_rate as fx_to_rate,
        own.fx_rate_date,
        theirs.from_rate as market_fx_from_rate
    from dated
    left join rates as own
        on dated.currency_code = own.currency_code and dated.rate_date = own.rate_date
    left join rates as theirs
        on
            dated.market_currency_code = theirs.currency_code
            and dated.rate_date = theirs.rate_date

),

changes as (

    select
        *,
        'begins' as change_kind,
        cut_date as change_date,
        1 as direction
    from converted

    union all

    select
        *,
        'ends' as change_kind,
        until_date as change_date,
        -1 as direction
    from converted
    where until_date is not null

)

-- No person's key: whose salary it is, nobody reads here.
select
    {{ digest(joined_key(['employee_key', 'cut_date', 'change_kind'])) }} as salary_change_id,
    change_date,
    change_kind,
    job_role,
    team,
    region,
    currency_code,
    cast(direction * salary_amount as decimal(18, 6)) as salary_amount,
    cast(direction * salary_amount_reporting as decimal(28, 6)) as salary_amount_reporting,
    market_currency_code,
    cast(direction * market_salary_amount as decimal(18, 6)) as market_salary_amount,
    cast(direction * market_salary_amount_reporting as decimal(28, 6))
        as market_salary_amount_reporting,
    fx_from_rate,
    fx_to_rate,
    fx_rate_date,
    market_fx_from_rate,
    _landing_id,
    _row_number

from changes
