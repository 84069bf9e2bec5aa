-- Staged, and in no family: entries made by hand are a part of the ledger, and a part gives wrong
-- figures.
with

landed as (

    select * from {{ source('landed', 'quickbooks__journal_entry') }}

),

renamed as (

    select
        -- ids
        journal_entry_id,

        -- strings
        {{ report_currency('currency_code', "''") }} as currency_code,

        -- amounts
        total_amount,

        -- booleans
        is_adjustment,

        -- dates
        transaction_date as posting_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where not coalesce(is_deleted, false)

)

select * from renamed
