{#- A new content system is one more line here. -#}
{%- set posts = [
    ref('stg_content__posts'),
] -%}

with

unioned as (
    {{ family_union(posts, [
        'post_id', 'title', 'page', 'content_format', 'published_date', 'keywords', 'links',
        'hours', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
