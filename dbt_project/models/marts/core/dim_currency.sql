with

rates as (

    select
        currency_code,
        case when rate is not null and rate_date <= {{ as_of_date() }} then rate_date end
            as rate_date

    from {{ ref('int_finance__fx_rates') }}

)

select
    currency_code,
    currency_code = '{{ var("reporting_currency") }}' as is_reporting_currency,
    min(rate_date) as first_rate_date,
    max(rate_date) as last_rate_date

from rates
group by currency_code
