{#- A new source of search positions is one more line here. -#}
{%- set positions = [
    ref('stg_web_analytics__search_positions'),
] -%}

with

unioned as (
    {{ family_union(positions, [
        'search_date', 'page', 'search_term', 'search_position', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
