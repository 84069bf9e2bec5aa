with

posts as (

    select * from {{ ref('int_marketing__posts_unioned') }}
    where published_date is not null

)

select
    post_id,
    title,
    page,
    coalesce(content_format, 'unknown') as content_format,
    published_date,
    cast(keywords as bigint) as keywords,
    cast(links as bigint) as links,
    cast(hours as decimal(18, 6)) as hours,
    _landing_id,
    _row_number

from posts
