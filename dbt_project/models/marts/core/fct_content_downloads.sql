with

downloads as (

    select * from {{ ref('int_marketing__downloads_unioned') }}

)

select
    {{ joined_key(['download_date', 'asset_id', 'channel']) }} as content_download_id,
    download_date,
    asset_id,
    {{ visit_channel('channel') }} as channel,
    cast(downloads as bigint) as downloads,
    _landing_id,
    _row_number

from downloads
