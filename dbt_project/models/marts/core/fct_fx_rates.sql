with

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    rate_date,
    currency_code,
    rate,
    published_date,
    _landing_id,
    _row_number

from rates
where
    rate is not null
    -- Tomorrow may still take today's rate; what comes after is not known.
    and rate_date <= {{ days_after(as_of_date(), 1) }}
