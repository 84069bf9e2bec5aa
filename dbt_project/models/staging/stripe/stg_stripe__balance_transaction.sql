-- It is the money of the payments once more, as it reached Stripe's balance, with fees and payouts.
with

landed as (

    select * from {{ source('landed', 'stripe__balance_transaction') }}

),

renamed as (

    select
        -- ids
        balance_transaction_id,
        {{ filled('source_id') }} as source_id,
        {{ filled('payout_id') }} as payout_id,

        -- strings
        -- The dashboard says a type, the report a category: `payment`, `charge` are both money in.
        {{ folded("coalesce(reporting_category, transaction_type)") }} as transaction_kind,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        amount,
        coalesce(fee_amount, 0) as fee_amount,
        net_amount,

        -- dates
        {{ business_date('created_at') }} as transaction_date,
        {{ business_date('available_at') }} as available_date,

        -- timestamps
        created_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
