-- Staged, and in no family: what a payment gave back is in the payment already.
with

landed as (

    select * from {{ source('landed', 'stripe__refund') }}

),

renamed as (

    select
        -- ids
        refund_id,
        charge_id,

        -- strings
        {{ map_words('refund_status', {
            'succeeded': ['succeeded'],
            'pending': ['pending', 'requires action'],
            'failed': ['failed'],
            'canceled': ['canceled', 'cancelled'],
        }) }} as refund_status,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        amount,

        -- dates
        {{ business_date('created_at') }} as refund_date,

        -- timestamps
        created_at,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
