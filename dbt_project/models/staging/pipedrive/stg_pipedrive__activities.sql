with

landed as (

    select * from {{ source('landed', 'pipedrive__activities') }}

),

renamed as (

    select
        -- ids
        activity_id,
        {{ joined_key(["'pipedrive'", "deal_id"]) }} as deal_id,
        owner_name as owner_id,

        -- strings
        {{ filled('activity_type') }} as activity_type,

        -- booleans
        coalesce(is_done, done_at is not null) as is_done,

        -- dates
        {{ business_date('created_at') }} as created_date,
        due_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
