-- Staged, and in no family: customers come from the CRM.
with

landed as (

    select * from {{ source('landed', 'xero__contacts') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as contact_row_id,
        {{ filled('account_number') }} as account_number,

        -- strings
        {{ filled('country') }} as country,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
