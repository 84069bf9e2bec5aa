with

rates as (

    select * from {{ ref('int_finance__fx_rates') }}

)

select
    currency_code,
    currency_code = '{{ var("reporting_currency") }}' as is_reporting_currency,
    min(case when rate is not null then rate_date end) as first_rate_date,
    max(case when rate is not null then rate_date end) as last_rate_date

from rates
group by currency_code
