with

landed as (

    select * from {{ source('landed', 'quickbooks__journal') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as ledger_entry_id,
        -- QuickBooks Online gives an entry no id; all of a day and kind together balance too.
        {{ joined_key([
            "'quickbooks'", 'company', 'posting_date', 'transaction_type', 'transaction_id',
        ]) }} as journal_id,
        {{ account_of_path('quickbooks', 'account_path') }} as account_id,

        -- strings
        company,
        {{ filled('location_name') }} as region,
        {{ report_currency('currency_code', 'company') }} as currency_code,

        -- amounts
        -- A line has the one side or the other; the empty one is zero by the meaning of the form.
        coalesce(debit_amount, 0) as debit_amount,
        coalesce(credit_amount, 0) as credit_amount,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
