{#- A new source of followers is one more line here. -#}
{%- set followers = [
    ref('stg_social__followers'),
] -%}

with

unioned as (
    {{ family_union(followers, [
        'day_date', 'platform', 'profile', 'followers', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
