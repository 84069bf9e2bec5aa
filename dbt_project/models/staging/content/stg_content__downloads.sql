with

landed as (

    select * from {{ source('landed', 'content__downloads') }}

),

renamed as (

    select
        -- ids
        asset_id,

        -- strings
        coalesce({{ filled('channel') }}, '') as channel,

        -- numbers
        downloads,

        -- dates
        download_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
