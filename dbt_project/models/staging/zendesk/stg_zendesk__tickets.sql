with

landed as (

    select * from {{ source('landed', 'zendesk__tickets') }}

),

-- In JSON the channel and the score are each within an object.
worded as (

    select
        *,
        case
            when substring(ticket_channel, 1, 1) = '{'
                then regexp_extract(ticket_channel, '"channel" *: *"([^"]*)"', 1)
            else ticket_channel
        end as channel_word,
        case
            when substring(satisfaction, 1, 1) = '{'
                then regexp_extract(satisfaction, '"score" *: *"?([^",}]*)', 1)
            else satisfaction
        end as satisfaction_word

    from landed

),

renamed as (

    select
        -- ids
        {{ joined_key(["'zendesk'", "ticket_id"]) }} as ticket_id,

        -- strings
        -- A complaint is one by its type or its tags.
        case
            when {{ folded('tags') }} like '%complaint%' then 'complaint'
            else {{ ticket_kind('ticket_type') }}
        end as kind,
        {{ ticket_status('ticket_status') }} as status,
        {{ ticket_priority('priority') }} as priority,
        {{ ticket_channel('channel_word') }} as channel,
        {{ filled('satisfaction_word') }} as satisfaction,
        {{ filled('company_domain') }} as company_domain,

        -- numbers
        reopens,
        {{ kpi_ratio('first_reply_minutes', 'cast(60 as decimal(18, 4))', unit_scale=4) }}
            as first_response_hours,
        case
            when {{ ticket_status('ticket_status') }} = 'closed'
                then {{ hours_between('created_at', 'solved_at') }}
        end as resolution_hours,

        -- dates
        {{ business_date('created_at') }} as created_date,
        {{ business_date(minutes_after('created_at', 'first_reply_minutes')) }}
            as first_replied_date,
        -- A ticket that was opened again is not closed, whenever it was solved before.
        case
            when {{ ticket_status('ticket_status') }} = 'closed'
                then {{ business_date('solved_at') }}
        end as closed_date,

        -- timestamps
        created_at,
        solved_at,

        -- lineage
        _landing_id,
        _row_number

    from worded
    where {{ folded('ticket_status') }} <> 'deleted'

)

select * from renamed
