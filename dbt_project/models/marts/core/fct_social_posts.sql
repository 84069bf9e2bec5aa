with

posts as (

    select * from {{ ref('int_marketing__social_posts_unioned') }}

)

select
    social_post_id,
    platform,
    profile,
    posted_date,
    cast(shares as bigint) as shares,
    cast(reactions as bigint) as reactions,
    cast(comments as bigint) as comments,
    _landing_id,
    _row_number

from posts
