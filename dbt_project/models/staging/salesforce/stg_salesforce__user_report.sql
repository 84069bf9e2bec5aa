with

landed as (

    select * from {{ source('landed', 'salesforce__user_report') }}

),

renamed as (

    select
        -- ids
        coalesce({{ filled('user_id') }}, username) as user_id,

        -- strings
        {{ filled('department') }} as department,

        -- booleans
        is_active,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
