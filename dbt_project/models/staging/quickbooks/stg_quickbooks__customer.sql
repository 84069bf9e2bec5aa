-- Customers come from the CRM; what billing knows of them tells who of it they are.
with

landed as (

    select * from {{ source('landed', 'quickbooks__customer') }}

),

renamed as (

    select
        -- ids
        customer_id as source_customer_id,

        -- strings
        {{ company_key('company_name') }} as customer_name_key,
        {{ as_text('null') }} as customer_country,
        {{ email_domain('email') }} as customer_email_domain,
        {{ filled('company_name') }} as company_name,
        {{ currency_code('currency_code') }} as currency_code,

        -- booleans
        is_active,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
