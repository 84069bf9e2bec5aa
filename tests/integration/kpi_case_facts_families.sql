-- More tiny facts beside kpi_case_facts.sql: of marketing, people, projects and what people say.
create table kpi_mart.fct_email_sends as
select 's' || n as email_send_id, sent_date, channel, sent, delivered, opened, clicked, replied,
    'mailings.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-03', 'email', 1000, 980, 392, 49, 7),
    -- A tool that counts neither opens nor clicks nor replies: nothing is divided by its e-mails.
    (2, date '2026-02-17', 'email', 500, 490, null, null, null),
    (3, date '2026-02-20', 'letter', 200, 196, null, null, 12),
    (4, date '2026-01-31', 'email', 900, 891, 300, 30, 5)
) as t (n, sent_date, channel, sent, delivered, opened, clicked, replied);

create table kpi_mart.fct_web_visits as
select 'w' || n as web_visit_id, visit_date, '' as site, page, channel, page = '/blog/1' as is_post,
    sessions, page_views, bounces, forms_viewed, forms_submitted,
    'visits.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-02', '/', 'search', 100, 180, 40, 0, 0),
    (2, date '2026-02-02', '/pricing', 'direct', 50, 90, 10, 40, 6),
    (3, date '2026-02-10', '/blog/1', 'organic_search', 30, 36, 21, 0, 0),
    (4, date '2026-01-15', '/blog/1', 'organic_search', 10, 12, 7, 0, 0)
) as t (n, visit_date, page, channel, sessions, page_views, bounces, forms_viewed, forms_submitted);

create table kpi_mart.fct_search_positions as
select 'x' || n as search_position_id, search_date, page,
    cast(search_position as decimal(18, 6)) as search_position, 'positions.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-02', '/', 3.4), (2, date '2026-02-02', '/', 8), (3, date '2026-02-09', '/pricing', 1.2),
    (4, date '2026-02-16', '/', 5), (5, date '2026-01-05', '/', 40)
) as t (n, search_date, page, search_position);

create table kpi_mart.fct_content_posts as
select 'p' || n as post_id, published_date, content_format, keywords, links,
    cast(hours as decimal(18, 6)) as hours, 'posts.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-01-10', 'article', 3, 10, 4.50),
    (2, date '2026-02-05', 'article', 2, 7, 3.25),
    (3, date '2026-02-20', 'video', 5, 4, 6)
) as t (n, published_date, content_format, keywords, links, hours);

create table kpi_mart.fct_content_downloads as
select 'd' || n as content_download_id, download_date, 'guide.pdf' as asset_id, channel, downloads,
    'downloads.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-01', 'email', 14), (2, date '2026-02-03', 'search', 6), (3, date '2026-01-30', 'email', 5)
) as t (n, download_date, channel, downloads);

create table kpi_mart.fct_social_follower_changes as
select 'f' || n as follower_change_id, change_date, platform, follower_change,
    'followers.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-01-31', 'linkedin', 1000), (2, date '2026-02-07', 'linkedin', 30),
    (3, date '2026-02-28', 'linkedin', -5), (4, date '2026-02-14', 'youtube', 100)
) as t (n, change_date, platform, follower_change);

create table kpi_mart.fct_social_posts as
select 'q' || n as social_post_id, posted_date, platform, shares,
    'social.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-01', 'linkedin', 8), (2, date '2026-02-28', 'x', 0), (3, date '2026-01-30', 'linkedin', 3)
) as t (n, posted_date, platform, shares);

insert into landed.landings
select file as landing_id, file, table_name, timestamp '2026-03-10 23:00:00' as exported_at,
    date '2026-03-10' as covered_to, 'accepted' as status, true as completes_periods, 0 as restates_days
from (values
    ('mailings.csv', 'email_campaigns__statistics'),
    ('visits.csv', 'web_analytics__pages'),
    ('positions.csv', 'web_analytics__search_positions'),
    ('posts.csv', 'content__posts'),
    ('downloads.csv', 'content__downloads'),
    ('followers.csv', 'social__followers'),
    ('social.csv', 'social__posts')
) as t (file, table_name);

insert into landed.streams
select table_name, split_part(table_name, '__', 1) as source, 'marketing' as family, null as spend_rank
from landed.landings
where table_name not in (select table_name from landed.streams);
