-- Lines of Xero's sales invoices and credit notes, without tax. Whether a document's lines are
-- with tax or without is told by its total, which is the sum of its lines in the first case. A
-- bill is no sale, a draft is not issued yet, and a voided or deleted document never was.
with

lines as (

    select * from {{ ref('stg_xero__invoices') }}

),

summed as (

    select
        *,
        sum(line_amount) over (partition by invoice_id) as lines_amount

    from lines

),

without_tax as (

    select
        invoice_line_id,
        invoice_id,
        document_kind,
        issue_date,
        due_date,
        source_customer_id,
        product,
        region,
        currency_code,
        case
            when
                abs(lines_amount - abs(total_amount))
                < abs(lines_amount + abs(total_tax_amount) - abs(total_amount))
                then cast(line_amount - tax_amount as decimal(18, 6))
            else line_amount
        end as net_amount,
        tax_amount,
        _landing_id,
        _row_number

    from summed
    where
        document_kind in ('invoice', 'credit_note')
        and invoice_status not in ('draft', 'void')

),

signed as (

    select
        invoice_line_id,
        invoice_id,
        document_kind,
        issue_date,
        due_date,
        source_customer_id,
        product,
        region,
        currency_code,
        -- A line of an invoice may be a discount; a credit note gives back, however it is written.
        case when document_kind = 'credit_note' then -abs(net_amount) else net_amount end
            as net_amount,
        case when document_kind = 'credit_note' then -abs(tax_amount) else tax_amount end
            as tax_amount,
        _landing_id,
        _row_number

    from without_tax

)

select * from signed
