-- Tiny facts, so small that every KPI of February 2026 can be computed on paper. The run's day is
-- Wednesday 2026-03-11: what is dated that day or later must never count.
create schema if not exists kpi_mart;
create schema if not exists landed;
create schema if not exists staging;

create table kpi_mart.dim_date as
with days as (
    select cast(unnest(generate_series(date '2025-01-01', date '2026-12-31', interval 1 day)) as date) as date_day
)
select
    date_day,
    cast(date_trunc('week', date_day) as date) as week_start_date,
    cast(date_trunc('week', date_day) as date) + 6 as week_end_date,
    cast(date_trunc('month', date_day) as date) as month_start_date,
    last_day(date_day) as month_end_date,
    cast(date_trunc('quarter', date_day) as date) as quarter_start_date,
    cast(date_trunc('quarter', date_day) + interval 3 month as date) - 1 as quarter_end_date,
    cast(date_trunc('year', date_day) as date) as year_start_date,
    cast(date_trunc('year', date_day) + interval 1 year as date) - 1 as year_end_date,
    isodow(date_day) >= 6 as is_weekend
from days;

create table kpi_mart.fct_ledger_entries as
select
    ledger_entry_id, posting_date, ledger_entry_id as account_id, account_class, account_function, cash_flow_class, region,
    coalesce(account_function, account_class) as account_group,
    coalesce(account_function, account_class) in ('income', 'sales_marketing') as is_budgeted,
    cast(debit as decimal(28, 6)) as debit_amount_reporting,
    cast(credit as decimal(28, 6)) as credit_amount_reporting,
    'ledger.csv' as _landing_id, cast(right(ledger_entry_id, 2) as bigint) as _row_number
from (values
    ('e01', date '2026-01-15', 'income', null, null, 'DACH', 0, 1000),
    ('e02', date '2026-02-10', 'income', null, null, 'DACH', 0, 1200.50),
    ('e03', date '2026-02-20', 'income', null, null, 'DACH', 100.25, 0),
    ('e04', date '2026-02-21', 'income', null, null, 'Nordics', 0, 300),
    ('e05', date '2026-02-05', 'other_income', null, null, 'DACH', 0, 50),
    ('e06', date '2026-02-06', 'cost_of_sales', null, null, 'DACH', 400.20, 0),
    ('e07', date '2026-02-07', 'expense', 'sales_marketing', null, 'DACH', 250, 0),
    ('e08', date '2026-02-08', 'expense', null, null, 'DACH', 150.05, 0),
    ('e09', date '2026-02-09', 'depreciation', null, null, 'DACH', 30, 0),
    ('e10', date '2026-02-09', 'amortisation', null, null, 'DACH', 20, 0),
    ('e11', date '2026-02-09', 'interest', null, null, 'DACH', 10, 0),
    ('e12', date '2026-02-09', 'income_tax', null, null, 'DACH', 60, 0),
    ('e13', date '2026-02-11', 'cash', null, null, 'DACH', 900, 0),
    ('e14', date '2026-02-12', 'cash', null, null, 'DACH', 0, 650.40),
    ('e15', date '2026-02-12', 'payable', null, 'operating', 'DACH', 650.40, 0),
    ('e16', date '2026-01-16', 'expense', null, null, 'DACH', 80, 0),
    ('e17', date '2026-03-05', 'income', null, null, 'DACH', 0, 500),
    -- Customers pay what they owe; owners put money in, which no running business made.
    ('e19', date '2026-02-11', 'receivable', null, 'operating', 'DACH', 0, 900),
    ('e20', date '2026-01-20', 'receivable', null, null, 'DACH', 1000, 0),
    ('e21', date '2026-02-28', 'receivable', null, null, 'DACH', 1850.60, 0),
    ('e22', date '2026-02-13', 'equity', null, 'financing', 'DACH', 0, 100),
    ('e23', date '2026-02-13', 'cash', null, null, 'DACH', 100, 0),
    ('e18', date '2026-03-11', 'income', null, null, 'DACH', 0, 9999)
) as t (ledger_entry_id, posting_date, account_class, account_function, cash_flow_class, region, debit, credit);

-- An order of two lines, one of which nobody knows the cost, one of one line, and a return.
create table kpi_mart.fct_sales as
select
    'w' || n as order_line_id, order_date, product, 'DACH' as region, 'web' as channel, is_cost_known,
    sale_count, cast(net as decimal(28, 6)) as net_amount_reporting,
    cast(cost as decimal(28, 6)) as cost_amount_reporting, 'orders.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-03', 'Team', true, 1, 100, 40), (2, date '2026-02-03', 'Business', true, 0, 50, 20),
    (3, date '2026-02-04', 'Team', false, 1, 30, null), (4, date '2026-02-05', 'Team', true, 1, 80, 30),
    (5, date '2026-02-20', 'Team', true, 0, -20, -8)
) as t (n, order_date, product, is_cost_known, sale_count, net, cost);

create table kpi_mart.fct_budgets as
select
    n as budget_id, grain, date '2026-02-01' as period_start, account_group, direction, channel,
    cast(budget as decimal(28, 6)) as budget_amount_reporting, 'budgets.csv' as _landing_id,
    cast(n as bigint) as _row_number
from (values
    (1, 'month', 'income', 1, '', 1500), (2, 'month', 'sales_marketing', -1, '', 200),
    (3, 'month', 'advertising', -1, 'search', 250), (4, 'month', 'advertising', -1, '', 150)
) as t (n, grain, account_group, direction, channel, budget);

create table kpi_mart.fct_market_size as
select
    n as market_size_id, 'month' as grain, date '2026-02-01' as period_start, region,
    customers as addressable_customers, cast(revenue as decimal(28, 6)) as market_revenue_amount_reporting,
    'market.csv' as _landing_id, cast(n as bigint) as _row_number
from (values (1, 'DACH', 10, 50000), (2, 'elsewhere', 30, 20012.50)) as t (n, region, customers, revenue);

create table kpi_mart.fct_invoices as
select
    'l' || n as invoice_line_id, issue_date, 'k1' as customer_id, product, 'DACH' as region,
    cast(net as decimal(28, 6)) as net_amount_reporting, 'invoices.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-01-20', 'Team', 1000),
    (2, date '2026-02-02', 'Team', 1500),
    (3, date '2026-02-28', 'Team', -250),
    (4, date '2026-02-15', 'Business', 600.60),
    (5, date '2026-03-04', 'Team', 200)
) as t (n, issue_date, product, net);

create table kpi_mart.fct_subscription_mrr as
select
    's' || n || '|' || change_kind as mrr_change_id, 's' || n as subscription_id, 'k' || n as customer_id,
    change_date, plan, 'DACH' as region, 'SMB' as segment,
    cast(mrr as decimal(28, 6)) as mrr_amount_reporting, 'subscriptions.csv' as _landing_id, n as _row_number
from (values
    (1, 'start', date '2026-01-10', 'Team', 100),
    (1, 'end', date '2026-02-15', 'Team', -100),
    (2, 'start', date '2026-02-01', 'Business', 50.50),
    (2, 'end', date '2026-03-20', 'Business', -50.50),
    (3, 'start', date '2026-02-15', 'Enterprise', 120),
    (4, 'start', date '2026-01-12', 'Starter', 40.25),
    (5, 'start', date '2026-02-10', 'Starter', 20),
    (6, 'start', date '2026-01-12', 'Starter', 30),
    (7, 'start', date '2026-01-12', 'Starter', 20),
    (7, 'end', date '2026-02-12', 'Starter', -20)
) as t (n, change_kind, change_date, plan, mrr);

-- Of February: MRR was 190.25 at its start and is 260.75 at its end.
create table kpi_mart.fct_mrr_movements as
select
    'month|' || customer_id as mrr_movement_id, 'month' as grain, date '2026-02-01' as period_start,
    customer_id, movement_kind, 'DACH' as region, 'SMB' as segment,
    cast(mrr as decimal(28, 6)) as mrr_change_reporting, 'subscriptions.csv' as _landing_id, n as _row_number
from (values
    (1, 'k1', 'churned', -100), (2, 'k2', 'new', 50.50), (3, 'k3', 'reactivation', 120),
    (5, 'k4', 'expansion', 20), (7, 'k6', 'contraction', -20)
) as t (n, customer_id, movement_kind, mrr);

-- k1 had 80 a year before and has left; k4 had 50 in February a year before, and has 60.25 again.
create table kpi_mart.fct_mrr_retention as
select
    customer_id || '|' || n as mrr_retention_id, customer_id, change_date, 'DACH' as region, 'SMB' as segment,
    cast(mrr_then as decimal(28, 6)) as mrr_then_change_reporting,
    cast(retained as decimal(28, 6)) as retained_change_reporting,
    cast(capped as decimal(28, 6)) as retained_capped_change_reporting,
    'subscriptions.csv' as _landing_id, n as _row_number
from (values
    (1, 'k1', date '2026-01-10', 80, 100, 80), (2, 'k1', date '2026-02-15', 0, -100, -80),
    (4, 'k4', date '2026-02-01', 50, 40.25, 40.25), (5, 'k4', date '2026-02-10', 0, 20, 9.75)
) as t (n, customer_id, change_date, mrr_then, retained, capped);

create table kpi_mart.fct_first_purchases as
select
    'f' || n as customer_id, first_purchase_date, has_bought_again, 'DACH' as region, 'SMB' as segment,
    'invoices.csv' as _landing_id, n as _row_number
from (values
    (1, date '2025-11-05', true), (2, date '2025-11-20', false), (3, date '2025-12-01', true),
    (4, date '2026-02-03', true), (5, date '2026-02-05', false)
) as t (n, first_purchase_date, has_bought_again);

create table kpi_mart.fct_first_touches as
select
    'k' || n as customer_id, became_customer_date, first_touch_channel, 'DACH' as region, 'SMB' as segment,
    'subscriptions.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-01-10', 'search'), (2, date '2026-02-01', 'social'), (3, date '2026-01-05', 'unknown')
) as t (n, became_customer_date, first_touch_channel);

create table kpi_mart.fct_customer_changes as
select
    customer_id, change_date, paying_change, is_first, region, 'SMB' as segment, 'Team' as plan,
    'subscriptions.csv' as _landing_id, n as _row_number
from (values
    (1, 'k1', date '2026-01-10', 1, true, 'DACH'),
    (2, 'k2', date '2026-02-01', 1, true, 'Nordics'),
    (2, 'k2', date '2026-03-20', -1, false, 'Nordics'),
    (3, 'k3', date '2026-01-05', 1, true, 'DACH'),
    (3, 'k3', date '2026-02-20', -1, false, 'DACH'),
    (4, 'k3', date '2026-03-02', 1, false, 'DACH')
) as t (n, customer_id, change_date, paying_change, is_first, region);

-- k3 paid at the end of January and not at the end of February; of the quarter it was no loss.
create table kpi_mart.fct_customer_churn as
select
    grain || '|k3' as customer_churn_id, grain, period_start, 'k3' as customer_id, 'DACH' as region,
    'SMB' as segment, 'subscriptions.csv' as _landing_id, cast(3 as bigint) as _row_number
from (values
    ('day', date '2026-02-20'), ('week', date '2026-02-16'), ('month', date '2026-02-01')
) as t (grain, period_start);

create table kpi_mart.fct_ad_performance as
select
    'p' || n as ad_performance_id,
    case when period_start = period_end then period_start end as performance_date,
    period_start, period_end, platform, channel, 'c1' as campaign_id,
    cast(impressions as bigint) as impressions, cast(clicks as bigint) as clicks,
    cast(spend as decimal(28, 6)) as spend_amount_reporting,
    cast(conversions as decimal(18, 6)) as conversions,
    cast(conversion_value as decimal(28, 6)) as conversion_value_amount_reporting,
    'ads.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-01-10', date '2026-01-10', 'google_ads', 'search', 1000, 40, 30.15, 2.5, 90),
    (2, date '2026-02-10', date '2026-02-10', 'google_ads', 'search', 2000, 90, 80.10, 4.25, 200.20),
    (3, date '2026-02-11', date '2026-02-11', 'meta_ads', null, 500, 0, 19.90, null, null),
    -- Of several days: a week of one month, and one across two months.
    (4, date '2026-01-12', date '2026-01-18', 'google_ads', 'search', 700, 10, 7, 0, 0),
    (5, date '2025-10-27', date '2025-11-02', 'meta_ads', 'social', 300, 3, 5, 0, 0),
    (6, date '2025-10-30', date '2025-10-30', 'google_ads', 'search', 100, 1, 2, 0, 0)
) as t (n, period_start, period_end, platform, channel, impressions, clicks, spend, conversions, conversion_value);

create table kpi_mart.fct_leads as
select lead_id, created_date, qualified_date, is_customer, 'search' as channel, 'DACH' as region,
    'leads.csv' as _landing_id, cast(right(lead_id, 1) as bigint) as _row_number
from (values
    ('l1', date '2026-02-03', date '2026-02-10', true),
    ('l2', date '2026-02-04', date '2026-03-01', false),
    ('l3', date '2026-02-05', null, false),
    ('l4', date '2026-01-30', date '2026-02-02', true)
) as t (lead_id, created_date, qualified_date, is_customer);

create table kpi_mart.fct_deals as
select deal_id, close_date, is_won, is_lost, owner, 'DACH' as region, sales_cycle_days,
    cast(amount as decimal(28, 6)) as amount_reporting,
    'deals.csv' as _landing_id, cast(right(deal_id, 1) as bigint) as _row_number
from (values
    ('d1', date '2026-02-12', true, false, 'anna', 1000.10, 23),
    ('d2', date '2026-02-13', true, false, 'bert', 500.15, 10),
    ('d3', date '2026-02-14', false, true, 'anna', 300, null),
    ('d4', date '2026-02-25', false, false, 'anna', 700.40, null),
    -- The last of the 90 days up to the end of February is 1 December.
    ('d5', date '2025-11-30', true, false, 'anna', 80, 4),
    ('d6', date '2025-12-01', true, false, 'anna', 60, 12)
) as t (deal_id, close_date, is_won, is_lost, owner, amount, sales_cycle_days);

-- d1 of 1000.10 was met by search, a webinar and social media, d2 of 500.15 by nobody; d6 of 60 by search twice.
create table kpi_mart.fct_deal_attribution as
select
    attribution_model || '|' || deal_id || '|' || channel as deal_attribution_id, attribution_model, deal_id, close_date,
    channel, channel_group, case channel when 'search' then 'google_ads' when 'social' then 'unknown' end as platform,
    channel_group <> 'unattributed' as is_attributed, 'DACH' as region, 'anna' as owner,
    cast(amount as decimal(28, 6)) as attributed_amount_reporting, cast(deals as decimal(7, 6)) as attributed_deals,
    'deals.csv' as _landing_id, cast(right(deal_id, 1) as bigint) as _row_number
from (values
    ('first_touch', 'd1', date '2026-02-12', 'search', 'paid', 1000.10, 1),
    ('last_touch', 'd1', date '2026-02-12', 'webinar', 'owned', 1000.10, 1),
    ('linear', 'd1', date '2026-02-12', 'search', 'paid', 333.366667, 0.333334),
    ('linear', 'd1', date '2026-02-12', 'social', 'paid', 333.366667, 0.333333),
    ('linear', 'd1', date '2026-02-12', 'webinar', 'owned', 333.366666, 0.333333),
    ('first_touch', 'd2', date '2026-02-13', 'unattributed', 'unattributed', 500.15, 1),
    ('last_touch', 'd2', date '2026-02-13', 'unattributed', 'unattributed', 500.15, 1),
    ('linear', 'd2', date '2026-02-13', 'unattributed', 'unattributed', 500.15, 1),
    ('first_touch', 'd6', date '2025-12-01', 'search', 'paid', 60, 1),
    ('last_touch', 'd6', date '2025-12-01', 'search', 'paid', 60, 1),
    ('linear', 'd6', date '2025-12-01', 'search', 'paid', 60, 1)
) as t (attribution_model, deal_id, close_date, channel, channel_group, amount, deals);

create table kpi_mart.fct_pipeline_changes as
select deal_id || '|' || n as pipeline_change_id, deal_id, change_date, 'anna' as owner, 'DACH' as region,
    cast(amount as decimal(28, 6)) as pipeline_amount_reporting, sign(amount) as deal_change,
    'deals.csv' as _landing_id, cast(right(deal_id, 1) as bigint) as _row_number
from (values
    (1, 'd1', date '2026-01-20', 1000.10), (2, 'd1', date '2026-02-12', -1000.10),
    (3, 'd3', date '2026-02-02', 300), (4, 'd3', date '2026-02-14', -300),
    (5, 'd4', date '2026-02-01', 700.40)
) as t (n, deal_id, change_date, amount);

-- t4 was answered in February and solved in March; what happens on the run's day is not known yet.
create table kpi_mart.fct_tickets as
select 't' || n as ticket_id, created_date, first_replied_date, closed_date, kind, 'Low' as priority,
    'Email' as channel, cast(first_response as decimal(18, 6)) as first_response_hours,
    cast(resolution as decimal(18, 6)) as resolution_hours, is_reopened,
    'tickets.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-01', date '2026-02-01', date '2026-02-03', 'complaint', 1.5, 40, false),
    (2, date '2026-02-02', date '2026-02-04', date '2026-02-20', 'complaint', 50, 430.25, true),
    (3, date '2026-02-28', null, null, 'billing_issue', null, null, null),
    (4, date '2026-01-30', date '2026-02-01', date '2026-03-02', 'billing_issue', 30.333333, 700, false),
    (5, date '2026-01-31', date '2026-02-01', date '2026-02-02', 'billing_issue', 7.5, 20, null),
    (6, date '2026-01-31', date '2026-03-11', date '2026-03-11', 'billing_issue', 900, 900, false)
) as t (n, created_date, first_replied_date, closed_date, kind, first_response, resolution, is_reopened);

create table kpi_mart.fct_survey_responses as
select 'r' || n as response_id, response_date, question_kind, score, 'Survey' as survey, 'Web' as channel,
    'surveys.csv' as _landing_id, n as _row_number
from (values
    (1, date '2026-02-01', 'nps', 10), (2, date '2026-02-02', 'nps', 9), (3, date '2026-02-03', 'nps', 7),
    (4, date '2026-02-04', 'nps', 3), (5, date '2026-02-05', 'nps', null),
    (6, date '2026-02-06', 'csat', 5), (7, date '2026-02-07', 'csat', 4), (8, date '2026-02-08', 'csat', 2)
) as t (n, response_date, question_kind, score);

create table staging.stg_targets__kpi_targets as
select kpi, grain, period_start, 'total' as slice, '' as slice_value, level, holder, '' as part_of, spread,
    cast(target as decimal(38, 6)) as target_value, cast(lower_value as decimal(38, 6)) as lower_value,
    cast(upper_value as decimal(38, 6)) as upper_value, cast(tolerance as decimal(7, 6)) as tolerance,
    valid_from, cast(version as bigint) as version
from (values
    ('revenue', 'month', date '2026-02-01', 'company', '', null, 1500, null, null, null, cast(null as date), 1),
    ('revenue', 'month', date '2026-02-01', 'company', '', null, 1300, null, null, null, date '2026-02-01', 2),
    ('revenue', 'month', date '2026-02-01', 'company', '', null, 9000, null, null, null, date '2026-04-01', 3),
    ('revenue', 'month', date '2026-03-01', 'company', '', null, 2200, null, null, null, null, 1),
    ('revenue', 'month', date '2026-02-01', 'team', 'North', null, 800, null, null, null, null, 1),
    ('revenue', 'month', date '2026-02-01', 'team', 'South', null, 400, null, null, null, null, 1),
    ('cost', 'month', date '2026-02-01', 'company', '', null, 750, null, null, null, null, 1),
    ('ebitda', 'month', date '2026-02-01', 'company', '', null, 600, 500, 640, 0.02, null, 1),
    ('csat', 'quarter', date '2026-01-01', 'company', '', 'same', 0.8, null, null, null, null, 1),
    ('customer_churn_rate', 'month', date '2026-02-01', 'company', '', null, 0.05, null, null, null, null, 1)
) as t (
    kpi, grain, period_start, level, holder, spread, target, lower_value, upper_value, tolerance, valid_from, version
);

create table staging.stg_targets__season_weights as
select 'none yet' as season, cast(1 as bigint) as month_of_year, cast(0 as bigint) as weight where false;

-- The tickets' export ends a day before February does; ads are restated for 30 days.
create table landed.landings as
select file as landing_id, file, table_name, timestamp '2026-03-10 23:00:00' as exported_at, covered_to,
    'accepted' as status, true as completes_periods, cast(restates_days as integer) as restates_days
from (values
    ('ledger.csv', 'ledger__journal_lines', date '2026-03-10', 0),
    ('invoices.csv', 'billing__invoice_lines', date '2026-03-10', 0),
    ('orders.csv', 'order_lines__order_lines', date '2026-03-10', 0),
    ('subscriptions.csv', 'stripe__subscriptions', date '2026-03-10', 0),
    ('ads.csv', 'google_ads__campaign_performance', date '2026-03-10', 30),
    ('ads_of_january.csv', 'google_ads__account_stats', date '2026-01-31', 30),
    ('leads.csv', 'salesforce__lead', date '2026-03-10', 0),
    ('deals.csv', 'salesforce__opportunity', date '2026-03-10', 0),
    ('tickets.csv', 'hubspot__tickets', date '2026-02-27', 0),
    ('surveys.csv', 'hubspot__feedback_submissions', date '2026-03-10', 0)
) as t (file, table_name, covered_to, restates_days);

insert into landed.landings
select file, file, table_name, timestamp '2026-01-10 23:00:00', date '2026-01-10', 'accepted', false, 0
from (values
    ('budgets.csv', 'budgets__budgets'), ('market.csv', 'market_size__market_size')
) as t (file, table_name);

create table landed.missing_days
    (table_name varchar, scope varchar, day date, is_told_elsewhere boolean);

-- The ads' conversions come late, and are moved once more after 34 days.
create table landed.maturity as
select 'google_ads__campaign_performance' as table_name, measure, cast(age_days as integer) as age_days,
    cast(20 as bigint) as days, cast(known_share as decimal(18, 6)) as known_share
from (values
    ('conversions', 0, 0.25), ('clicks', 0, 1), ('conversions', 1, 0.5), ('conversions', 2, 0.75), ('conversions', 3, 0.9), ('conversions', 4, 1),
    ('conversions', 34, 0.98), ('conversions', 35, 1), ('clicks', 1, 1), ('clicks', 35, 1)
) as t (measure, age_days, known_share);

create table landed.streams as
select
    table_name, split_part(table_name, '__', 1) as source, family,
    cast(spend_rank as integer) as spend_rank
from (values
    ('ledger__journal_lines', 'finance', null),
    ('billing__invoice_lines', 'finance', null),
    ('budgets__budgets', 'planning', null),
    ('market_size__market_size', 'planning', null),
    ('order_lines__order_lines', 'finance', null),
    ('stripe__subscriptions', 'finance', null),
    ('google_ads__campaign_performance', 'ads', 2),
    ('google_ads__account_stats', 'ads', 1),
    ('salesforce__lead', 'crm', null),
    ('salesforce__opportunity', 'crm', null),
    ('hubspot__tickets', 'crm', null),
    ('hubspot__feedback_submissions', 'crm', null)
) as t (table_name, family, spend_rank);
