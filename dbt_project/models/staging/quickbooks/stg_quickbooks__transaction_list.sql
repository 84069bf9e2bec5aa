-- Staged, and in no family: it is the money of the ledger once more, a row per transaction.
with

landed as (

    select * from {{ source('landed', 'quickbooks__transaction_list') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as transaction_row_id,

        -- strings
        company,
        {{ filled('transaction_type') }} as transaction_type,
        {{ filled('transaction_number') }} as transaction_number,
        {{ map_words('posting_mark', {'yes': ['yes', 'y'], 'no': ['no', 'n']}) }} as is_posted,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        amount,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
