with

landed as (

    select * from {{ source('landed', 'social__posts') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["platform", "profile", "post_id"]) }} as social_post_id,

        -- strings
        replace({{ folded('platform') }}, ' ', '_') as platform,
        trim(profile) as profile,

        -- numbers
        shares,
        coalesce(reactions, 0) as reactions,
        coalesce(comments, 0) as comments,

        -- dates
        posted_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
