{#- A new social platform's export is one more line here. -#}
{%- set posts = [
    ref('stg_social__posts'),
] -%}

with

unioned as (
    {{ family_union(posts, [
        'social_post_id', 'platform', 'profile', 'posted_date', 'shares', 'reactions',
        'comments', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
