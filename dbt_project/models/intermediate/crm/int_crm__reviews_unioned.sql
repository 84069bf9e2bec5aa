{#- A new platform's reviews are one more line here. -#}
{%- set reviews = [
    ref('stg_reviews__reviews'),
] -%}

with

unioned as (
    {{ family_union(reviews, [
        'review_id', 'platform', 'product', 'rating', 'review_date', '_landing_id',
        '_row_number',
    ]) }}
)

select * from unioned
