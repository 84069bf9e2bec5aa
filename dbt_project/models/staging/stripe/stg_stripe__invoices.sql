-- The document whole, after discounts and without tax, is one line: the dashboard exports no lines.
with

landed as (

    select * from {{ source('landed', 'stripe__invoices') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'stripe'", "invoice_id"]) }} as invoice_line_id,
        {{ joined_key(["'stripe'", "invoice_id"]) }} as invoice_id,
        {{ filled('customer_id') }} as source_customer_id,

        -- strings
        {{ company_key('customer_name') }} as customer_name_key,
        {{ as_text('null') }} as customer_country,
        {{ email_domain('customer_email') }} as customer_email_domain,
        'invoice' as document_kind,
        {{ map_words('invoice_status', {
            'draft': ['draft'],
            'open': ['open', 'past due'],
            'paid': ['paid'],
            'void': ['void', 'voided', 'deleted'],
            'uncollectible': ['uncollectible'],
        }) }} as invoice_status,
        {{ as_text('null') }} as product,
        {{ as_text('null') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        cast(total_amount - coalesce(tax_amount, 0) as decimal(18, 6)) as net_amount,
        coalesce(tax_amount, 0) as tax_amount,

        -- dates
        {{ business_date('coalesce(finalized_at, created_at)') }} as issue_date,
        {{ business_date('due_at') }} as due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
