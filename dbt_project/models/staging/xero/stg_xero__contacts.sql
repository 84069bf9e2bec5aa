-- Customers come from the CRM; what billing knows of them tells who of it they are.
with

landed as (

    select * from {{ source('landed', 'xero__contacts') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as contact_row_id,
        {{ filled('account_number') }} as account_number,
        {{ filled('contact_name') }} as source_customer_id,

        -- strings
        {{ filled('country') }} as country,
        {{ company_key('contact_name') }} as customer_name_key,
        {{ folded(filled('country')) }} as customer_country,
        {{ email_domain('email') }} as customer_email_domain,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
