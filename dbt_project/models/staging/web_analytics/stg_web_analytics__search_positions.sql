with

landed as (

    select * from {{ source('landed', 'web_analytics__search_positions') }}

),

renamed as (

    select
        -- strings
        trim(page) as page,
        trim(search_term) as search_term,

        -- numbers
        position as search_position,
        impressions,
        clicks,

        -- dates
        search_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
