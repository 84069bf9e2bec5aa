{#- The columns of the contract: every currency that the bank has ever published. -#}
{%- set currencies = [
    'usd', 'jpy', 'bgn', 'cyp', 'czk', 'dkk', 'eek', 'gbp', 'huf', 'ltl', 'lvl', 'mtl', 'pln', 'rol', 'ron',
    'sek', 'sit', 'skk', 'chf', 'isk', 'nok', 'hrk', 'rub', 'trl', 'try', 'aud', 'brl', 'cad', 'cny', 'hkd',
    'idr', 'ils', 'inr', 'krw', 'mxn', 'myr', 'nzd', 'php', 'sgd', 'thb', 'zar',
] -%}

with

landed as (

    select * from {{ source('landed', 'ecb__reference_rates') }}

),

unpivoted as (
    {%- for currency in currencies %}

    select
        rate_date as published_date,
        '{{ currency | upper }}' as currency_code,
        {{ quoted(currency) }} as rate,
        _landing_id,
        _row_number
    from landed
    where {{ quoted(currency) }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from unpivoted
