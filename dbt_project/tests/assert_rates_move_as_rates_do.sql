{#
    A rate a tenth away from the one before it is a rate that was quoted the other way round, of
    another currency, or a crash that people should know of. Of 217,000 rates that the European
    Central Bank has published since 1999, 21 moved so far within a day.
#}
with

published as (

    select * from {{ ref('stg_ecb__reference_rates') }}

),

followed as (

    select
        currency_code,
        published_date,
        rate,
        lag(rate) over (partition by currency_code order by published_date nulls last)
            as rate_before,
        lag(published_date) over (partition by currency_code order by published_date nulls last)
            as published_before

    from published

)

select
    currency_code,
    published_date,
    rate,
    rate_before

from followed
where
    (rate * 10 > rate_before * 11 or rate_before * 10 > rate * 11)
    -- Over a longer pause any rate may have moved; what is older than a year is known by now.
    and published_date <= {{ days_after('published_before', 7) }}
    and published_date >= {{ days_after(as_of_date(), -400) }}
