with

landed as (

    select * from {{ source('landed', 'targets__season_weights') }}

),

renamed as (

    select
        -- strings
        lower(trim(season)) as season,

        -- numbers
        month_of_year,
        weight,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
