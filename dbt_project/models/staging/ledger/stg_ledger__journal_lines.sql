with

landed as (

    select * from {{ source('landed', 'ledger__journal_lines') }}

),

renamed as (

    select
        -- ids
        line_id as ledger_entry_id,
        journal_id,
        account_id,

        -- strings
        {{ filled('region') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

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
