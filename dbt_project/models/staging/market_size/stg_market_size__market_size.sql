with

landed as (

    select * from {{ source('landed', 'market_size__market_size') }}

),

renamed as (

    select
        -- strings
        lower(trim(grain)) as grain,
        coalesce({{ filled('region') }}, '') as region,
        {{ currency_code('currency_code') }} as currency_code,
        {{ filled('publication') }} as publication,

        -- amounts
        market_revenue_amount,

        -- numbers
        addressable_customers,

        -- dates
        period_start,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
