-- Staged, and in no family: customers come from the CRM.
with

landed as (

    select * from {{ source('landed', 'quickbooks__customer') }}

),

renamed as (

    select
        -- ids
        customer_id as source_customer_id,

        -- strings
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
