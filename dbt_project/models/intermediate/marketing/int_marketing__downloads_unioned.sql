{#- A new source of downloads is one more line here. -#}
{%- set downloads = [
    ref('stg_content__downloads'),
] -%}

with

unioned as (
    {{ family_union(downloads, [
        'download_date', 'asset_id', 'channel', 'downloads', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
