with

landed as (

    select * from {{ source('landed', 'social__followers') }}

),

renamed as (

    select
        -- strings
        replace({{ folded('platform') }}, ' ', '_') as platform,
        trim(profile) as profile,

        -- numbers
        followers,

        -- dates
        day_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
