with

landed as (

    select * from {{ source('landed', 'quickbooks__general_ledger') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as ledger_entry_id,
        -- All lines of a transaction have its day, kind and number.
        {{ joined_key([
            "'quickbooks'", 'company', 'posting_date', 'transaction_type', 'transaction_number',
            'transaction_id',
        ]) }} as journal_id,
        {{ account_of_path('quickbooks', 'account_path') }} as account_id,

        -- strings
        company,
        {{ filled('location_name') }} as region,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        -- As the account grows: which side that is depends on the account's class.
        amount as natural_amount,
        debit_amount,
        credit_amount,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
