with

landed as (

    select * from {{ source('landed', 'stripe__price') }}

),

renamed as (

    select
        -- ids
        plan_id,
        {{ filled('product_id') }} as product_id,

        -- strings
        coalesce({{ filled('plan_name') }}, plan_id) as plan,
        {{ map_words('billing_interval', {
            'day': ['day'],
            'week': ['week'],
            'month': ['month'],
            'year': ['year'],
        }) }} as billing_interval,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        plan_amount,

        -- numbers
        coalesce(billing_interval_count, 1) as billing_interval_count,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
