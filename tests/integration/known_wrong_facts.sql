-- What stands before the facts, on top of kpi_case_facts.sql: the rows out of which systems of this
-- kind make the wrong figures that test_known_wrong_figures.py names. The run's day is 2026-03-11.
create schema if not exists intermediate;

create table intermediate.int_crm__accounts_unioned as
select
    'c' || n as account_record_id, 'c' || n as account_id, 'Customer ' || n as account_name, 'DE' as country,
    'DACH' as region, 'SMB' as segment, 'Retail' as industry, 'accounts.csv' as _landing_id, n as _row_number
from range(1, 4) as t (n);

-- anna won all she closed; ben leads two teams and lost one of four, two wins have no amount; cleo only lost.
create table intermediate.int_crm__deals_unioned as
select
    'd' || n as deal_id, 'c1' as account_id, 'c1' as account_record_id, created_date, close_date, state as stage,
    state = 'won' as is_won, state = 'lost' as is_lost, state = 'open' as is_open, 'DACH' as region, owner_id,
    currency_code, cast(amount as decimal(18, 6)) as amount,
    cast(null as decimal(9, 6)) as probability, 'deals.csv' as _landing_id, cast(n as bigint) as _row_number
from (values
    (1, 'anna', 'won', date '2026-02-02', date '2026-02-12', 'EUR', 100),
    (2, 'anna', 'won', date '2026-02-02', date '2026-02-22', 'USD', 216),
    (3, 'anna', 'open', date '2026-02-02', null, 'EUR', 900),
    (4, 'ben', 'won', date '2026-02-03', date '2026-02-13', 'EUR', null),
    (5, 'ben', 'won', date '2026-02-03', date '2026-02-13', 'EUR', null),
    (6, 'ben', 'won', date '2026-02-20', date '2026-02-10', 'EUR', 50),
    (7, 'ben', 'lost', date '2026-02-03', date '2026-02-14', 'EUR', 70),
    (8, 'ben', 'open', date '2026-02-03', null, 'EUR', null),
    (9, 'cleo', 'lost', date '2026-02-03', date '2026-02-15', 'EUR', 80),
    (10, null, 'won', date '2026-02-05', date '2026-02-15', 'EUR', 10)
) as t (n, owner_id, state, created_date, close_date, currency_code, amount);

-- One euro is 1.08 dollars, and 1.25 dollars from 1 March on.
create table intermediate.int_finance__fx_rates as
select
    date_day as rate_date, currency_code, rate, date_day as published_date, rate as from_rate,
    cast(1 as decimal(18, 8)) as to_rate, date_day as fx_rate_date,
    cast(null as varchar) as _landing_id, cast(null as bigint) as _row_number
from (
    select date_day, 'EUR' as currency_code, cast(1 as decimal(18, 8)) as rate from kpi_mart.dim_date
    union all
    select
        date_day, 'USD' as currency_code,
        cast(case when date_day < date '2026-03-01' then 1.08 else 1.25 end as decimal(18, 8)) as rate
    from kpi_mart.dim_date
);

create table intermediate.int_crm__customers_matched as
select 'c' || n as source_customer_id, 'c' || n as customer_id, cast(1 as integer) as rule_place from range(1, 4) as t (n);

create table intermediate.int_finance__payments_unioned as
select
    '' as payment_id, '' as source_customer_id, date '2026-01-01' as payment_date, 'paid' as status,
    cast(0 as decimal(18, 6)) as amount, '' as _landing_id, cast(0 as bigint) as _row_number
where false;

-- c1 leaves on 10 February and comes back on 2 March; c2 pays 0.75 a day for two seats; c3 pays in dollars.
create table intermediate.int_finance__subscriptions_unioned as
select
    's' || n as subscription_id, customer_id as source_customer_id, 'Team' as plan, currency_code,
    case when ended_date is null then 'active' else 'canceled' end as subscription_status, billing_interval,
    cast(1 as bigint) as billing_interval_count, cast(plan_amount as decimal(18, 6)) as plan_amount,
    cast(quantity as bigint) as quantity, started_date, cast(null as date) as current_period_started_date,
    cast(null as date) as trial_ended_date, ended_date as canceled_date, ended_date,
    'subscriptions.csv' as _landing_id, cast(n as bigint) as _row_number
from (values
    (1, 'c1', 'EUR', 'month', 100, 1, date '2026-01-10', date '2026-02-10'),
    (2, 'c1', 'EUR', 'month', 100, 1, date '2026-03-02', null),
    (3, 'c2', 'EUR', 'day', 0.75, 2, date '2026-01-05', null),
    (4, 'c3', 'USD', 'month', 54, 1, date '2026-01-07', null)
) as t (n, customer_id, currency_code, billing_interval, plan_amount, quantity, started_date, ended_date);

-- A campaign in euros, one in dollars; both platforms claim the same sale. Of 1000 impressions 50 were clicks.
create table intermediate.int_ads__performance_single_grain as
select
    'p' || n as ad_performance_id, date '2026-02-10' as performance_date, date '2026-02-10' as period_start,
    date '2026-02-10' as period_end, platform, platform || '__campaigns' as stream, 'campaign' as report_grain, channel,
    'a' || n as account_id, 'c' || n as campaign_id, 'Campaign' as campaign_name, cast(null as varchar) as ad_group_id,
    cast(null as varchar) as ad_group_name, cast(null as varchar) as ad_id, cast(null as varchar) as ad_name,
    currency_code, cast(spend as decimal(18, 6)) as spend_amount,
    cast(conversion_value as decimal(18, 6)) as conversion_value_amount, cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks, cast(null as bigint) as video_views,
    cast(1 as decimal(18, 6)) as conversions, 'ads.csv' as _landing_id, cast(n as bigint) as _row_number
from (values
    (1, 'google_ads', 'search', 'EUR', 100, 150, 1000, 50),
    (2, 'meta_ads', 'social', 'USD', 216, 540, 100, 10)
) as t (n, platform, channel, currency_code, spend, conversion_value, impressions, clicks);

delete from kpi_mart.fct_web_visits;
insert into kpi_mart.fct_web_visits by name
select 'w1' as web_visit_id, date '2026-02-10' as visit_date, '' as site, '/' as page, 'search' as channel,
    false as is_post, 1000 as sessions, 1200 as page_views, 50 as bounces, 0 as forms_viewed, 0 as forms_submitted,
    'visits.csv' as _landing_id, 1 as _row_number;

-- d1 was met by both platforms: each claims it, and it was won once.
delete from kpi_mart.fct_deal_attribution;
insert into kpi_mart.fct_deal_attribution by name
select
    attribution_model || '|' || platform as deal_attribution_id, attribution_model, 'd1' as deal_id,
    date '2026-02-12' as close_date, channel, 'paid' as channel_group, platform, true as is_attributed,
    'DACH' as region, 'anna' as owner, cast(amount as decimal(28, 6)) as attributed_amount_reporting,
    cast(deals as decimal(7, 6)) as attributed_deals, 'deals.csv' as _landing_id, cast(1 as bigint) as _row_number
from (values
    ('first_touch', 'google_ads', 'search', 100, 1), ('last_touch', 'meta_ads', 'social', 100, 1),
    ('linear', 'google_ads', 'search', 50, 0.5), ('linear', 'meta_ads', 'social', 50, 0.5)
) as t (attribution_model, platform, channel, amount, deals);
