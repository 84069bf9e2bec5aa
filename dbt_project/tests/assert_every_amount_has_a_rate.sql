{#
    Every amount up to the day of the run is converted. A currency and day named here have neither a
    published rate nor one in the seven days before; an amount without a currency has none either.
#}
{%- set amounts = [
    ('fct_ad_performance', ref('fct_ad_performance'), 'period_end', 'spend_amount'),
    ('fct_ad_performance', ref('fct_ad_performance'), 'period_end', 'conversion_value_amount'),
    ('fct_ledger_entries', ref('fct_ledger_entries'), 'posting_date', 'debit_amount'),
    ('fct_ledger_entries', ref('fct_ledger_entries'), 'posting_date', 'credit_amount'),
    ('fct_invoices', ref('fct_invoices'), 'issue_date', 'net_amount'),
    ('fct_payments', ref('fct_payments'), 'payment_date', 'amount'),
    ('fct_balance_transactions', ref('fct_balance_transactions'), 'transaction_date', 'gross_amount'),
    ('fct_balance_transactions', ref('fct_balance_transactions'), 'transaction_date', 'fee_amount'),
    ('fct_subscription_mrr', ref('fct_subscription_mrr'), "case when change_kind = 'start' then change_date end", 'mrr_amount'),
    ('fct_deals', ref('fct_deals'), 'case when is_open then created_date else close_date end', 'amount'),
    ('fct_pipeline_changes', ref('fct_pipeline_changes'), "case when change_kind = 'created' then change_date end", 'pipeline_amount'),
    ('fct_sales', ref('fct_sales'), 'order_date', 'net_amount'),
    ('fct_sales', ref('fct_sales'), 'order_date', 'cost_amount'),
    ('fct_budgets', ref('fct_budgets'), 'period_start', 'budget_amount'),
    ('fct_market_size', ref('fct_market_size'), 'period_start', 'market_revenue_amount'),
    ('fct_salary_changes', ref('fct_salary_changes'), "case when change_kind = 'begins' then change_date end", 'salary_amount'),
    ('fct_project_value_changes', ref('fct_project_value_changes'), "case when change_kind = 'reported' then change_date end", 'planned_value_amount'),
    ('fct_project_value_changes', ref('fct_project_value_changes'), "case when change_kind = 'reported' then change_date end", 'actual_cost_amount'),
] -%}

{%- for name, fact, day, amount in amounts %}
select
    '{{ name }}' as table_name,
    '{{ amount }}' as column_name,
    coalesce(currency_code, 'no currency') as currency_code,
    {{ day }} as amount_date,
    count(*) as row_count,
    sum({{ amount }}) as total_amount
from {{ fact }}
where
    {{ amount }} <> 0
    and {{ amount }}_reporting is null
    and {{ day }} <= {{ as_of_date() }}
group by {{ day }}, currency_code
{{ "union all" if not loop.last }}
{%- endfor %}
