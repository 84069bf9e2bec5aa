with

customers as (

    select * from {{ ref('int_crm__customers_matched') }}

),

accounts as (

    select * from {{ ref('int_crm__accounts_unioned') }}

),

islands as (

    select * from {{ ref('int_finance__paying_islands') }}

),

known as (

    select
        customer_id,
        -- One customer has an id in every source; the most explicit rule is the one that is said.
        case min(rule_place)
            {%- for rule in identity_rules() %}
            when {{ loop.index }} then '{{ rule }}'
            {%- endfor %}
            else 'own_id'
        end as match_rule

    from customers
    group by customer_id

),

ids as (

    select customer_id from known
    union distinct
    select account_id as customer_id from accounts

),

paying as (

    select
        customer_id,
        min(paying_from) as first_paying_date,
        max(
            case
                when paying_from > {{ as_of_date() }} then 0
                when paying_until <= {{ as_of_date() }} then 0
                else 1
            end
        ) = 1 as is_paying

    from islands
    group by customer_id

)

select
    ids.customer_id,
    accounts.account_name as customer_name,
    coalesce(accounts.country, 'unknown') as country,
    coalesce(accounts.region, 'unknown') as region,
    coalesce(accounts.segment, 'unknown') as segment,
    coalesce(accounts.industry, 'unknown') as industry,
    known.match_rule,
    known.customer_id is not null as is_billed,
    coalesce(paying.is_paying, false) as is_paying,
    paying.first_paying_date,
    accounts._landing_id,
    accounts._row_number

from ids
left join known on ids.customer_id = known.customer_id
left join accounts on ids.customer_id = accounts.account_id
left join paying on ids.customer_id = paying.customer_id
