with

landed as (

    select * from {{ source('landed', 'salesforce__case_report') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'salesforce'", "case_number"]) }} as ticket_id,

        -- strings
        {{ ticket_kind('coalesce(case_type, reason)') }} as kind,
        {{ ticket_status('case_status') }} as status,
        {{ ticket_priority('priority') }} as priority,
        {{ ticket_channel('origin') }} as channel,

        -- dates
        created_date,
        closed_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    -- What a data export says of a case goes before any report: else it would count twice.
    where not exists (select 1 from {{ source('landed', 'salesforce__case') }})

)

select * from renamed
