with

landed as (

    select * from {{ source('landed', 'web_analytics__pages') }}

),

renamed as (

    select
        -- strings
        coalesce({{ filled('site') }}, '') as site,
        trim(page) as page,
        coalesce({{ filled('channel') }}, '') as channel,

        -- numbers
        sessions,
        page_views,
        coalesce(bounces, 0) as bounces,
        coalesce(forms_viewed, 0) as forms_viewed,
        coalesce(forms_submitted, 0) as forms_submitted,

        -- dates
        visit_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
