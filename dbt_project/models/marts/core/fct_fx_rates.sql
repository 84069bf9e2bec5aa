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
where rate is not null
