{#- What a kind of change of the balance counts as, with its sign; all others are adjustments. -#}
{%- set of_gross = [
    ('gross', "transaction_kind = 'payment'", ''),
    ('refunded', "transaction_kind = 'refund'", '-'),
    ('disputed', "transaction_kind = 'dispute'", '-'),
    ('paid_out', "transaction_kind = 'payout'", '-'),
    ('charged', "transaction_kind = 'fee'", '-'),
    (
        'adjustment',
        "transaction_kind not in ('payment', 'refund', 'dispute', 'payout', 'fee')",
        '',
    ),
] -%}
{%- set suffixes = ['', '_reporting'] -%}
with

changes as (

    select
        {{ period_start('month', 'transaction_date') }} as month_start_date,
        provider,
        currency_code,
        transaction_date,
        transaction_kind,
        gross_amount,
        gross_amount_reporting,
        fee_amount,
        fee_amount_reporting
    from {{ ref('fct_balance_transactions') }}
    where transaction_date < {{ as_of_date() }}

),

summed as (

    select
        month_start_date,
        provider,
        currency_code,
        {%- for suffix in suffixes %}
        {%- for name, condition, sign in of_gross %}
        {%- set counted = name ~ '_amount' ~ suffix %}
        sum(case when {{ condition }} then {{ sign }}gross_amount{{ suffix }} else 0 end)
            as {{ counted }},
        {%- endfor %}
        sum(fee_amount{{ suffix }}) as kept_amount{{ suffix }},
        {%- endfor %}
        sum(case when transaction_kind = 'payment' and gross_amount > 0 then 1 else 0 end)
            as payment_count,
        max(transaction_date) as last_transaction_date
    from changes
    group by month_start_date, provider, currency_code

)

select
    month_start_date,
    provider,
    currency_code,
    cast(payment_count as bigint) as payment_count,
    {%- for suffix in suffixes %}
    {%- for name in ['gross', 'refunded', 'disputed', 'adjustment'] %}
    cast({{ name }}_amount{{ suffix }} as decimal(28, 6)) as {{ name }}_amount{{ suffix }},
    {%- endfor %}
    {%- set fee, net = 'fee_amount' ~ suffix, 'net_amount' ~ suffix %}
    cast(kept_amount{{ suffix }} + charged_amount{{ suffix }} as decimal(28, 6)) as {{ fee }},
    cast(
        gross_amount{{ suffix }} - refunded_amount{{ suffix }} - disputed_amount{{ suffix }}
        + adjustment_amount{{ suffix }} - kept_amount{{ suffix }} - charged_amount{{ suffix }}
        as decimal(28, 6)
    ) as {{ net }},
    cast(paid_out_amount{{ suffix }} as decimal(28, 6)) as paid_out_amount{{ suffix }},
    {%- endfor %}
    last_transaction_date

from summed
