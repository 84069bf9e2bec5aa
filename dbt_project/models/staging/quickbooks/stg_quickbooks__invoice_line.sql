-- Staged, and in no family: subtotals and discounts are lines too. The invoices feed it.
with

landed as (

    select * from {{ source('landed', 'quickbooks__invoice_line') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(['invoice_id', 'line_number']) }} as invoice_line_id,
        invoice_id,
        {{ filled('item_id') }} as item_id,

        -- strings
        {{ filled('detail_type') }} as detail_type,

        -- amounts
        amount,

        -- numbers
        quantity,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
