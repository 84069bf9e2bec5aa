-- More tiny facts beside kpi_case_facts.sql: of marketing, people, projects and what people say.
-- Of google_ads' row of 10 February a part was seen; meta_ads reports no video.
alter table kpi_mart.fct_ad_performance add column video_views bigint;
update kpi_mart.fct_ad_performance set video_views = 500 where ad_performance_id = 'p2';
update kpi_mart.fct_ad_performance set video_views = 0 where ad_performance_id = 'p1';

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

alter table kpi_mart.fct_survey_responses add column campaign_phase varchar;
insert into kpi_mart.fct_survey_responses by name
select 'b' || n as response_id, response_date, question_kind, score, 'Spot' as survey, 'Web' as channel,
    campaign_phase, 'surveys.csv' as _landing_id, 20 + n as _row_number
from (values
    (1, date '2026-02-01', 'recommend', 1, null), (2, date '2026-02-02', 'recommend', 1, null),
    (3, date '2026-02-03', 'recommend', 0, null), (4, date '2026-02-04', 'recommend', null, null),
    (5, date '2026-02-05', 'recognition', 1, 'before'), (6, date '2026-02-05', 'recognition', 0, 'before'),
    (7, date '2026-02-05', 'recognition', 0, 'before'), (8, date '2026-02-05', 'recognition', 0, 'before'),
    (9, date '2026-02-20', 'recognition', 1, 'after'), (10, date '2026-02-20', 'recognition', 1, 'after'),
    (11, date '2026-02-20', 'recognition', 0, 'after'), (12, date '2026-02-12', 'recognition', 1, 'during')
) as t (n, response_date, question_kind, score, campaign_phase);

create table kpi_mart.fct_reviews as
select 'v' || n as review_id, review_date, platform, 'Tea' as product, rating,
    'reviews.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-01', 'google', 5), (2, date '2026-02-02', 'google', 4),
    (3, date '2026-02-03', 'trustpilot', 1), (4, date '2026-01-05', 'google', 2)
) as t (n, review_date, platform, rating);

-- b moves to Sales in February; e comes and goes in it; c leaves.
create table kpi_mart.fct_employee_changes as
select employee_key || '|' || n as employee_change_id, employee_key, change_date, change_kind,
    case when change_kind in ('hired', 'moved_in') then 1 else -1 end as headcount_change,
    team, 'DACH' as region, 'Agent' as job_role, 'employees.csv' as _landing_id, n as _row_number
from (values
    (1, 'a', date '2025-11-03', 'hired', 'Product'), (2, 'b', date '2026-01-05', 'hired', 'Product'),
    (3, 'c', date '2026-01-05', 'hired', 'Sales'), (4, 'd', date '2026-01-05', 'hired', 'Sales'),
    (3, 'c', date '2026-02-10', 'left', 'Sales'), (5, 'e', date '2026-02-12', 'hired', 'Sales'),
    (2, 'b', date '2026-02-16', 'moved_out', 'Product'), (6, 'b', date '2026-02-16', 'moved_in', 'Sales'),
    (5, 'e', date '2026-02-20', 'left', 'Sales')
) as t (n, employee_key, change_date, change_kind, team);

create table kpi_mart.fct_employee_churn as
select grain || '|' || employee_key as employee_churn_id, grain, period_start, employee_key,
    'Sales' as team, 'DACH' as region, 'Agent' as job_role, 'employees.csv' as _landing_id, n as _row_number
from (values
    (3, 'c', 'day', date '2026-02-10'), (3, 'c', 'week', date '2026-02-09'), (3, 'c', 'month', date '2026-02-01'),
    (5, 'e', 'day', date '2026-02-20'), (5, 'e', 'week', date '2026-02-16')
) as t (n, employee_key, grain, period_start);

create table kpi_mart.fct_salary_changes as
select 'y' || n as salary_change_id, change_date, cast(own as decimal(28, 6)) as salary_amount_reporting,
    cast(market as decimal(18, 6)) as market_salary_amount,
    cast(market as decimal(28, 6)) as market_salary_amount_reporting,
    'employees.csv' as _landing_id, n as _row_number
from (values
    (1, date '2025-11-03', 60000, 66000), (2, date '2026-01-05', 44000, 40000),
    (3, date '2026-01-05', 90000, null), (4, date '2026-02-10', -44000, -40000),
    (5, date '2026-02-12', 45000, 50000)
) as t (n, change_date, own, market);

create table kpi_mart.fct_employee_survey_answers as
select 'a' || n as answer_id, answered_date, 'Q1' as survey, 'Product' as team, score,
    'answers.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-11', 5), (2, date '2026-02-11', 4), (3, date '2026-02-12', 2), (4, date '2026-02-12', null)
) as t (n, answered_date, score);

create table kpi_mart.fct_project_value_changes as
select 'u' || n as project_value_change_id, project_id, change_date,
    cast(planned as decimal(28, 6)) as planned_value_amount_reporting,
    cast(earned as decimal(28, 6)) as earned_value_amount_reporting,
    cast(cost as decimal(28, 6)) as actual_cost_amount_reporting,
    'tasks.csv' as _landing_id, n as _row_number
from (values
    (1, 'SHOP', date '2026-01-30', 100, 80, 90), (1, 'SHOP', date '2026-02-13', -100, -80, -90),
    (2, 'SHOP', date '2026-02-13', 150, 120, 160), (3, 'MOVE', date '2026-02-27', 90, 60, 40)
) as t (n, project_id, change_date, planned, earned, cost);

create table kpi_mart.fct_project_paths as
select grain || '|' || period_start || '|' || project_id as project_path_id, grain, period_start, project_id,
    cast(days as decimal(18, 6)) as critical_path_days, 'tasks.csv' as _landing_id, n as _row_number
from (values
    (1, 'month', date '2026-01-01', 'SHOP', 12), (2, 'month', date '2026-02-01', 'SHOP', 9.5),
    (3, 'month', date '2026-02-01', 'MOVE', 14), (2, 'quarter', date '2026-01-01', 'SHOP', 0),
    (3, 'quarter', date '2026-01-01', 'MOVE', 0)
) as t (n, grain, period_start, project_id, days);

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
    ('social.csv', 'social__posts'),
    ('brand.csv', 'surveys__responses'),
    ('reviews.csv', 'reviews__reviews'),
    ('employees.csv', 'employees__employees'),
    ('answers.csv', 'employee_surveys__answers'),
    ('tasks.csv', 'projects__tasks')
) as t (file, table_name);

insert into landed.streams
select table_name, split_part(table_name, '__', 1) as source, 'families' as family, null as spend_rank
from landed.landings
where table_name not in (select table_name from landed.streams);
