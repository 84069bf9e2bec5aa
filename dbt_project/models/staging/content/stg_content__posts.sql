with

landed as (

    select * from {{ source('landed', 'content__posts') }}

),

renamed as (

    select
        -- ids
        post_id,

        -- strings
        {{ filled('title') }} as title,
        {{ filled('page') }} as page,
        {{ filled('content_format') }} as content_format,

        -- numbers
        coalesce(keywords, 0) as keywords,
        coalesce(links, 0) as links,
        hours,

        -- dates
        published_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
