with

reviews as (

    select * from {{ ref('int_crm__reviews_unioned') }}

)

select
    review_id,
    review_date,
    platform,
    coalesce(product, 'unknown') as product,
    cast(rating as integer) as rating,
    _landing_id,
    _row_number

from reviews
