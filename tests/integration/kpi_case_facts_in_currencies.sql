-- The currencies of the tiny facts: what is in EUR there was in EUR, but for the rows named below,
-- whose original amounts come to the same EUR at the rate of their day.
create schema if not exists intermediate;

alter table kpi_mart.fct_ledger_entries add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_ledger_entries add column debit_amount decimal(18, 6);
alter table kpi_mart.fct_ledger_entries add column credit_amount decimal(18, 6);
alter table kpi_mart.fct_ledger_entries add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_ledger_entries add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_ledger_entries set debit_amount = debit_amount_reporting, credit_amount = credit_amount_reporting;
update kpi_mart.fct_ledger_entries as facts
set currency_code = t.currency, debit_amount = t.debit, credit_amount = t.credit, fx_from_rate = t.rate
from (values
    ('e01', 'USD', 0, 1100, 1.10), ('e02', 'USD', 0, 1440.60, 1.20),
    ('e03', 'GBP', 85.2125, 0, 0.85), ('e17', 'USD', 0, 500, 1.00)
) as t (id, currency, debit, credit, rate)
where facts.ledger_entry_id = t.id;

alter table kpi_mart.fct_invoices add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_invoices add column net_amount decimal(18, 6);
alter table kpi_mart.fct_invoices add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_invoices add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_invoices set net_amount = net_amount_reporting;

alter table kpi_mart.fct_subscription_mrr add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_subscription_mrr add column mrr_amount decimal(18, 6);
alter table kpi_mart.fct_subscription_mrr add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_subscription_mrr add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_subscription_mrr set mrr_amount = mrr_amount_reporting;
update kpi_mart.fct_subscription_mrr as facts
set currency_code = 'USD', mrr_amount = t.mrr, fx_from_rate = t.rate
from (values ('s1|start', 110, 1.10), ('s1|end', -110, 1.10), ('s3|start', 144, 1.20)) as t (id, mrr, rate)
where facts.mrr_change_id = t.id;

-- Of February. k1's 110 dollars leave at the rate they came at; k3's 144 come at another. k6 goes from
-- 110 dollars to 96: of the 20 euros less 11.20 are contraction, the rest is the rate.
create table kpi_mart.fct_mrr_movement_changes as
select
    movements.mrr_movement_id || '|' || t.n as mrr_movement_change_id, movements.mrr_movement_id,
    movements.grain, movements.period_start, movements.customer_id, movements.movement_kind,
    movements.region, movements.segment, t.currency as currency_code,
    cast(t.mrr as decimal(18, 6)) as mrr_change, cast(t.reporting as decimal(28, 6)) as mrr_change_reporting,
    cast(t.rate as decimal(18, 8)) as fx_from_rate, cast(1 as decimal(18, 8)) as fx_to_rate,
    movements._landing_id, movements._row_number
from kpi_mart.fct_mrr_movements as movements
inner join (values
    (1, 'k1', 'USD', -110, -100, 1.10), (2, 'k2', 'EUR', 50.50, 50.50, 1), (3, 'k3', 'USD', 144, 120, 1.20),
    (4, 'k4', 'EUR', 20, 20, 1), (5, 'k6', 'USD', -110, -100, 1.10), (6, 'k6', 'USD', 96, 80, 1.20)
) as t (n, customer, currency, mrr, reporting, rate)
    on movements.customer_id = t.customer;

alter table kpi_mart.fct_ad_performance add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_ad_performance add column spend_amount decimal(18, 6);
alter table kpi_mart.fct_ad_performance add column conversion_value_amount decimal(18, 6);
alter table kpi_mart.fct_ad_performance add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_ad_performance add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_ad_performance
set spend_amount = spend_amount_reporting, conversion_value_amount = conversion_value_amount_reporting;
update kpi_mart.fct_ad_performance as facts
set currency_code = t.currency, spend_amount = t.spend, conversion_value_amount = t.conversion_value, fx_from_rate = t.rate
from (values ('p1', 'CHF', 28.341, 84.6, 0.94), ('p4', 'USD', 7.7, 0, 1.10)) as t (id, currency, spend, conversion_value, rate)
where facts.ad_performance_id = t.id;

alter table kpi_mart.fct_deals add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_deals add column amount decimal(18, 6);
alter table kpi_mart.fct_deals add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_deals add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_deals set amount = amount_reporting;
update kpi_mart.fct_deals as facts
set currency_code = t.currency, amount = t.amount, fx_from_rate = t.rate
from (values ('d1', 'JPY', 100010, 100), ('d5', 'USD', 100, 1.25), ('d6', 'JPY', 9600, 160)) as t (id, currency, amount, rate)
where facts.deal_id = t.id;

alter table kpi_mart.fct_pipeline_changes add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_pipeline_changes add column pipeline_amount decimal(18, 6);
alter table kpi_mart.fct_pipeline_changes add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_pipeline_changes add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_pipeline_changes set pipeline_amount = pipeline_amount_reporting;

alter table kpi_mart.fct_project_value_changes add column currency_code varchar default 'EUR';
alter table kpi_mart.fct_project_value_changes add column planned_value_amount decimal(18, 6);
alter table kpi_mart.fct_project_value_changes add column earned_value_amount decimal(18, 6);
alter table kpi_mart.fct_project_value_changes add column actual_cost_amount decimal(18, 6);
alter table kpi_mart.fct_project_value_changes add column fx_from_rate decimal(18, 8) default 1;
alter table kpi_mart.fct_project_value_changes add column fx_to_rate decimal(18, 8) default 1;
update kpi_mart.fct_project_value_changes
set
    planned_value_amount = planned_value_amount_reporting,
    earned_value_amount = earned_value_amount_reporting,
    actual_cost_amount = actual_cost_amount_reporting;

-- Units for one euro. USD is known of the day before 2026 and not of the one before 2025; GBP only
-- after 2026 began; of JPY nothing is published any more.
create table if not exists intermediate.int_finance__fx_rates as
select
    rate_date, currency_code, cast(rate as decimal(18, 8)) as rate, rate_date as published_date,
    cast(rate as decimal(18, 8)) as from_rate, cast(1 as decimal(18, 8)) as to_rate, rate_date as fx_rate_date,
    cast(null as varchar) as _landing_id, cast(null as bigint) as _row_number
from (
    select date_day, 'EUR', 1 from kpi_mart.dim_date
    union all
    values
        (date '2025-10-01', 'USD', 1.00), (date '2025-12-30', 'USD', 1.40), (date '2025-12-31', 'USD', 1.25),
        (date '2026-01-01', 'USD', 1.30), (date '2026-02-10', 'USD', 1.20),
        (date '2026-01-05', 'GBP', 0.80), (date '2026-03-01', 'GBP', 0.90),
        (date '2025-11-03', 'JPY', 150), (date '2025-11-04', 'JPY', 160),
        (date '2025-12-31', 'CHF', 0.93), (date '2026-01-10', 'CHF', 0.94)
) as t (rate_date, currency_code, rate);
