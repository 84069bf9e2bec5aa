with

followers as (

    select * from {{ ref('int_marketing__followers_unioned') }}

)

-- The running sum is the number of followers as last counted; days without a count change nothing.
select
    {{ joined_key(['day_date', 'platform', 'profile']) }} as follower_change_id,
    day_date as change_date,
    platform,
    profile,
    cast(followers as bigint) as followers,
    cast(followers - coalesce(lag(followers) over (
        partition by platform, profile
        order by day_date nulls last
    ), 0) as bigint) as follower_change,
    _landing_id,
    _row_number

from followers
