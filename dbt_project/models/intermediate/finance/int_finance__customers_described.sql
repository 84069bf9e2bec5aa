{#- What else a billing system says of a customer; a new one is one more line here. -#}
{%- set customers = [
    ref('stg_stripe__subscriptions'),
    ref('stg_stripe__payments'),
    ref('stg_stripe__invoices'),
    ref('stg_quickbooks__customer'),
    ref('stg_xero__contacts'),
] -%}

with

unioned as (
    {{ family_union(customers, [
        'source_customer_id', 'customer_name_key', 'customer_country', 'customer_email_domain',
    ]) }}
),

each_once as (

    select distinct
        source_customer_id,
        customer_name_key,
        customer_country,
        customer_email_domain

    from unioned
    where source_customer_id is not null

)

select * from each_once
