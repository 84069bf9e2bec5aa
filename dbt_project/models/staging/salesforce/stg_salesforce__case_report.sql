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

        -- numbers
        -- A day tells no hours.
        cast(null as bigint) as reopens,
        cast(null as decimal(38, 6)) as first_response_hours,
        cast(null as decimal(38, 6)) as resolution_hours,

        -- dates
        cast(null as date) as first_replied_date,
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
