{#- A new web analytics tool is one more line here. -#}
{%- set visits = [
    ref('stg_web_analytics__pages'),
] -%}

with

unioned as (
    {{ family_union(visits, [
        'visit_date', 'site', 'page', 'channel', 'sessions', 'page_views', 'bounces',
        'forms_viewed', 'forms_submitted', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
