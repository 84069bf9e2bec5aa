-- Staged, and in no family: entries made by hand are a part of the ledger, and a part gives wrong
-- figures.
with

landed as (

    select * from {{ source('landed', 'quickbooks__journal_entry_line') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(['journal_entry_id', 'line_number']) }} as journal_entry_line_id,
        journal_entry_id,
        {{ filled('account_id') }} as replicated_account_id,

        -- strings
        {{ map_words('posting_type', {'debit': ['debit'], 'credit': ['credit']}) }} as posting_type,

        -- amounts
        amount,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
