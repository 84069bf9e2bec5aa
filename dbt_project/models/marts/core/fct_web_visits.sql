with

visits as (

    select * from {{ ref('int_marketing__visits_unioned') }}

),

posts as (

    select * from {{ ref('int_marketing__posts_unioned') }}

),

-- Two posts on one page are one page: its views are counted once.
post_pages as (

    select page
    from posts
    where page is not null and published_date is not null
    group by page

)

select
    {{ joined_key(['visits.visit_date', 'visits.site', 'visits.page', 'visits.channel']) }}
        as web_visit_id,
    visits.visit_date,
    visits.site,
    visits.page,
    {{ visit_channel('visits.channel') }} as channel,
    post_pages.page is not null as is_post,
    cast(visits.sessions as bigint) as sessions,
    cast(visits.page_views as bigint) as page_views,
    cast(visits.bounces as bigint) as bounces,
    cast(visits.forms_viewed as bigint) as forms_viewed,
    cast(visits.forms_submitted as bigint) as forms_submitted,
    visits._landing_id,
    visits._row_number

from visits
left join post_pages on visits.page = post_pages.page
