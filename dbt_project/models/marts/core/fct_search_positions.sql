with

positions as (

    select * from {{ ref('int_marketing__search_positions_unioned') }}

)

select
    {{ joined_key(['search_date', 'page', 'search_term']) }} as search_position_id,
    search_date,
    page,
    search_term,
    cast(search_position as decimal(18, 6)) as search_position,
    _landing_id,
    _row_number

from positions
