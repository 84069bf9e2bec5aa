-- Each booking is two lines: its account, and the account it is against. Staged, and not in the
-- family of journal lines: where an account or a tax key is automatic, a batch states amounts
-- with tax, and DATEV works the tax out only when it posts. Taken as they are, they would make
-- revenue and cost too high by it. A client whose batches have no automatic tax names this model
-- in int_finance__journal_lines_unioned.
with

landed as (

    select * from {{ source('landed', 'datev__bookings') }}

),

bookings as (

    select
        *,
        -- Taking a booking back keeps the sides and turns the sign; the other side is the same.
        case
            when coalesce({{ filled('reversal_mark') }}, '0') in ('1', 'G')
                then case when upper(side) = 'S' then 'H' else 'S' end
            else upper(side)
        end as effective_side

    from landed

),

sides as (

    select
        *,
        'account' as line_kind,
        account_id as line_account_id,
        effective_side as line_side

    from bookings

    union all

    select
        *,
        'counter_account' as line_kind,
        counter_account_id as line_account_id,
        case when effective_side = 'S' then 'H' else 'S' end as line_side

    from bookings

),

renamed as (

    select
        -- ids
        {{ joined_key(['_landing_id', '_row_number', 'line_kind']) }} as ledger_entry_id,
        {{ joined_key(["'datev'", '_landing_id', '_row_number']) }} as journal_id,
        -- Leading zeros come and go; customers and suppliers have one digit more than accounts.
        {{ joined_key([
            "'datev'", 'consultant_id', 'client_id', "ltrim(line_account_id, '0')",
        ]) }} as account_id,
        {{ filled('tax_key') }} as tax_key,
        {{ filled('document_number') }} as document_number,

        -- strings
        line_kind,
        side,
        {{ as_text('null') }} as region,
        coalesce({{ currency_code('currency_code') }}, base_currency_code) as currency_code,

        -- amounts
        case when line_side = 'S' then amount else cast(0 as decimal(18, 6)) end as debit_amount,
        case when line_side = 'H' then amount else cast(0 as decimal(18, 6)) end as credit_amount,

        -- booleans
        length(ltrim(line_account_id, '0')) > ledger_account_digits as is_person_account,

        -- dates
        posting_date,

        -- lineage
        _landing_id,
        _row_number

    from sides

)

select * from renamed
