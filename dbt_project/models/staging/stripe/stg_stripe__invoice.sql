-- The document whole, after discounts and without tax: its lines do not say how a discount is
-- shared. The dashboard's invoices are the same documents; where both are exported, those feed
-- the family (int_finance__stripe_invoices).
with

landed as (

    select * from {{ source('landed', 'stripe__invoice') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'stripe'", "invoice_id"]) }} as invoice_line_id,
        {{ joined_key(["'stripe'", "invoice_id"]) }} as invoice_id,
        {{ filled('customer_id') }} as source_customer_id,

        -- strings
        'invoice' as document_kind,
        case
            when is_deleted then 'void'
            else
                {{ map_words('invoice_status', {
                    'draft': ['draft'],
                    'open': ['open'],
                    'paid': ['paid'],
                    'void': ['void', 'deleted'],
                    'uncollectible': ['uncollectible'],
                }) }}
        end as invoice_status,
        {{ as_text('null') }} as product,
        {{ as_text('null') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        cast(total_amount - coalesce(tax_amount, 0) as decimal(18, 6)) as net_amount,
        coalesce(tax_amount, 0) as tax_amount,

        -- dates
        {{ business_date('coalesce(finalized_at, created_at, period_started_at)') }} as issue_date,
        {{ business_date('due_at') }} as due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- Stripe's test mode is no money.
    where coalesce(is_live, true)

)

select * from renamed
