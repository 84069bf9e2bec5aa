with

leads as (

    select * from {{ ref('int_crm__leads_unioned') }}

),

islands as (

    select * from {{ ref('int_finance__paying_islands') }}

),

first_paid as (

    select
        {{ record_id('customer_id') }} as customer_record_id,
        min(paying_from) as became_customer_date

    from islands
    group by {{ record_id('customer_id') }}

)

select
    leads.lead_id,
    leads.created_date,
    leads.qualified_date,
    first_paid.became_customer_date,
    first_paid.became_customer_date is not null as is_customer,
    leads.channel,
    coalesce(leads.region, 'unknown') as region,
    coalesce(leads.owner_id, 'unknown') as owner,
    leads.lead_status,
    leads._landing_id,
    leads._row_number

from leads
left join first_paid on leads.converted_account_record_id = first_paid.customer_record_id
