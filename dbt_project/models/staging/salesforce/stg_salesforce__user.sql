with

landed as (

    select * from {{ source('landed', 'salesforce__user') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('user_id') }}
        order by
            last_modified_at desc nulls last,
            user_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        user_id,
        {{ record_id('user_id') }} as user_record_id,
        {{ record_id('manager_id') }} as manager_record_id,
        user_role_id,

        -- strings
        {{ filled('department') }} as department,

        -- booleans
        is_active,

        -- dates
        {{ business_date('created_at') }} as created_date,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
