with

landed as (

    select * from {{ source('landed', 'ledger__journal_lines_signed') }}

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
        -- A debit is positive and a credit negative: the side is the sign.
        case when amount > 0 then amount else cast(0 as decimal(18, 6)) end as debit_amount,
        case when amount < 0 then -amount else cast(0 as decimal(18, 6)) end as credit_amount,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
