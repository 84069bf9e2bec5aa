with

landed as (

    select * from {{ source('landed', 'salesforce__case') }}

),

-- 15 and 18 characters are one record, and a replicated table may carry its history.
latest as (

    select *
    from landed
    where coalesce(is_current_version, true)
    qualify row_number() over (
        partition by {{ record_id('case_id') }}
        order by
            last_modified_at desc nulls last,
            case_id desc nulls last,
            _row_number desc nulls last
    ) = 1

),

renamed as (

    select
        -- ids
        {{ joined_key(["'salesforce'", "case_number"]) }} as ticket_id,
        case_id,
        {{ record_id('case_id') }} as case_record_id,
        {{ record_id('account_id') }} as account_record_id,

        -- strings
        {{ ticket_kind('coalesce(case_type, reason)') }} as kind,
        {{ ticket_status('case_status') }} as status,
        {{ ticket_priority('priority') }} as priority,
        {{ ticket_channel('origin') }} as channel,

        -- numbers
        cast(null as bigint) as reopens,
        cast(null as decimal(38, 6)) as first_response_hours,
        {{ hours_between('created_at', 'closed_at') }} as resolution_hours,

        -- dates
        {{ business_date('created_at') }} as created_date,
        cast(null as date) as first_replied_date,
        {{ business_date('closed_at') }} as closed_date,

        -- timestamps
        created_at,
        closed_at,

        -- lineage
        _landing_id,
        _row_number

    from latest
    where not coalesce(is_deleted, false)

)

select * from renamed
