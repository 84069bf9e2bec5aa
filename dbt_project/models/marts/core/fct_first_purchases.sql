{#- Who buys again is asked within so many days of the first purchase. -#}
{%- set days_to_return = 90 -%}

with

lines as (

    select *
    from {{ ref('fct_invoices') }}
    where
        document_kind = 'invoice'
        and net_amount > 0
        and customer_id is not null
        and issue_date < {{ as_of_date() }}

),

purchases as (

    select
        customer_id,
        issue_date,
        region,
        segment,
        _landing_id,
        _row_number,
        min(issue_date) over (partition by customer_id) as first_purchase_date,
        row_number() over (
            partition by customer_id
            order by issue_date asc nulls last, invoice_line_id asc nulls last
        ) as place
    from lines

),

-- What is invoiced on the day of the first purchase belongs to it.
returned as (

    select
        customer_id,
        min(issue_date) as second_purchase_date
    from purchases
    where issue_date > first_purchase_date
    group by customer_id

)

select
    purchases.customer_id,
    purchases.first_purchase_date,
    returned.second_purchase_date,
    coalesce(
        {{ days_between('purchases.first_purchase_date', 'returned.second_purchase_date') }}
        <= {{ days_to_return }},
        false
    ) as has_bought_again,
    purchases.region,
    purchases.segment,
    purchases._landing_id,
    purchases._row_number

from purchases
left join returned on purchases.customer_id = returned.customer_id
where purchases.place = 1
