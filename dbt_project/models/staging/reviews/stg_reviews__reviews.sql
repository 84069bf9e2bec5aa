with

landed as (

    select * from {{ source('landed', 'reviews__reviews') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["platform", "review_id"]) }} as review_id,

        -- strings
        {{ folded('platform') }} as platform,
        {{ filled('product') }} as product,

        -- numbers
        rating,

        -- dates
        review_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
