with

customers as (

    select * from {{ ref('fct_customer_changes') }}
    where is_first

),

leads as (

    select * from {{ ref('int_crm__leads_unioned') }}
    where converted_account_record_id is not null

),

-- The first lead of a company is how it was first heard of; later leads are its colleagues.
ranked as (

    select
        *,
        row_number() over (
            partition by converted_account_record_id
            order by created_date asc nulls last, lead_id asc nulls last
        ) as place
    from leads

)

select
    customers.customer_id,
    customers.change_date as became_customer_date,
    ranked.created_date as first_touch_date,
    coalesce(ranked.channel, 'unknown') as first_touch_channel,
    customers.region,
    customers.segment,
    customers._landing_id,
    customers._row_number

from customers
left join ranked
    on
        {{ record_id('customers.customer_id') }} = ranked.converted_account_record_id
        and ranked.place = 1
