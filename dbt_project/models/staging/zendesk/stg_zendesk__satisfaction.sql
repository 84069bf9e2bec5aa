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
        {{ joined_key(["'zendesk'", "ticket_id"]) }} as response_id,

        -- strings
        'csat' as question_kind,
        'ticket satisfaction' as survey,
        'email' as channel,
        'unknown' as campaign_phase,

        -- numbers
        -- Good and bad are the ends of the scale, of which 4 and 5 are satisfied.
        case
            when lower(trim(satisfaction_word)) like 'good%' then 5
            when lower(trim(satisfaction_word)) like 'bad%' then 1
            when trim(satisfaction_word) in ('1', '2', '3', '4', '5')
                then cast(trim(satisfaction_word) as integer)
        end as score,

        -- dates
        {{ business_date('coalesce(solved_at, updated_at, created_at)') }} as response_date,

        -- lineage
        _landing_id,
        _row_number

    from worded
    where
        {{ folded('ticket_status') }} <> 'deleted'
        -- Offered and unoffered are no answers.
        and {{ filled('satisfaction_word') }} is not null
        and lower(trim(satisfaction_word)) not in ('offered', 'unoffered', 'not offered', 'null')

)

select * from renamed
