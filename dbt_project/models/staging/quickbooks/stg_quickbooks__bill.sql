-- Staged, and in no family: a bill is in the ledger, which the replicated tables do not have.
with

landed as (

    select * from {{ source('landed', 'quickbooks__bill') }}

),

renamed as (

    select
        -- ids
        bill_id,
        {{ filled('vendor_id') }} as vendor_id,

        -- strings
        {{ report_currency('currency_code', "''") }} as currency_code,

        -- amounts
        total_amount,
        balance_amount as open_amount,

        -- dates
        transaction_date as bill_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
