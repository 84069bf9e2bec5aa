with

landed as (

    select * from {{ source('landed', 'employees__employees') }}

),

renamed as (

    select
        -- ids
        employee_id,

        -- strings
        {{ filled('job_role') }} as job_role,
        {{ filled('team') }} as team,
        {{ filled('region') }} as region,
        {{ currency_code('currency_code') }} as currency_code,

        -- amounts
        salary_amount,

        -- numbers
        coalesce(full_time_share, 1) as full_time_share,

        -- dates
        coalesce(valid_from, hired_date) as valid_from,
        hired_date,
        left_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
