with

landed as (

    select * from {{ source('landed', 'support_desk__tickets') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'support_desk'", "ticket_id"]) }} as response_id,

        -- strings
        'csat' as question_kind,
        'ticket satisfaction' as survey,
        'email' as channel,
        'unknown' as campaign_phase,

        -- numbers
        -- Good and bad are the ends of the scale, of which 4 and 5 are satisfied.
        case
            when lower(trim(satisfaction)) like 'good%' then 5
            when lower(trim(satisfaction)) like 'bad%' then 1
            when trim(satisfaction) in ('1', '2', '3', '4', '5')
                then cast(trim(satisfaction) as integer)
        end as score,

        -- dates
        coalesce(closed_date, created_date) as response_date,

        -- lineage
        _landing_id,
        _row_number

    from landed
    where {{ filled('satisfaction') }} is not null

)

select * from renamed
