with

landed as (

    select * from {{ source('landed', 'market_salaries__market_salaries') }}

),

renamed as (

    select
        -- strings
        job_role,
        coalesce({{ filled('region') }}, '') as region,
        {{ currency_code('currency_code') }} as currency_code,
        {{ filled('publication') }} as publication,

        -- amounts
        market_salary_amount,

        -- dates
        valid_from,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
