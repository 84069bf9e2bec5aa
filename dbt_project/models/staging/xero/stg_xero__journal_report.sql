with

landed as (

    select * from {{ source('landed', 'xero__journal_report') }}

),

renamed as (

    select
        -- ids
        {{ row_key() }} as ledger_entry_id,
        {{ joined_key(["'xero'", 'company', 'journal_id']) }} as journal_id,
        {{ filled('account_code') }} as account_code,

        -- strings
        company,
        {{ filled('account_path') }} as account_name,
        {{ filled('region') }} as region,
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
