{# A join that finds two partners doubles money: a fact has as many rows as what it is made from. #}
{%- set classified = 'where account_id in (select account_id from ' ~ ref('dim_account')
    ~ ' where account_class is not null)' -%}
{%- set pairs = [
    ('fct_ad_performance', ref('int_ads__performance_single_grain'), '', ref('fct_ad_performance'), ''),
    (
        'fct_ledger_entries', ref('int_finance__journal_lines_unioned'), classified,
        ref('fct_ledger_entries'), '',
    ),
    ('fct_invoices', ref('int_finance__invoice_lines_unioned'), '', ref('fct_invoices'), ''),
    ('fct_payments', ref('int_finance__payments_unioned'), '', ref('fct_payments'), ''),
    (
        'fct_balance_transactions', ref('int_finance__balance_transactions_unioned'), '',
        ref('fct_balance_transactions'), '',
    ),
    (
        'fct_subscription_mrr', ref('int_finance__subscriptions_priced'), '',
        ref('fct_subscription_mrr'), "where change_kind = 'start'",
    ),
    ('fct_leads', ref('int_crm__leads_unioned'), '', ref('fct_leads'), ''),
    ('fct_deals', ref('int_crm__deals_unioned'), '', ref('fct_deals'), ''),
    ('fct_sales', ref('stg_order_lines__order_lines'), '', ref('fct_sales'), ''),
    ('fct_tickets', ref('int_crm__tickets_unioned'), '', ref('fct_tickets'), ''),
    (
        'fct_survey_responses', ref('int_crm__survey_responses_unioned'), '',
        ref('fct_survey_responses'), '',
    ),
    (
        'fct_employee_changes', ref('int_people__employment_spans'), '',
        ref('fct_employee_changes'), "where change_kind in ('hired', 'moved_in')",
    ),
    (
        'fct_project_value_changes', ref('int_projects__tasks_unioned'), '',
        ref('fct_project_value_changes'), "where change_kind = 'reported'",
    ),
    ('fct_web_visits', ref('int_marketing__visits_unioned'), '', ref('fct_web_visits'), ''),
] -%}

with

counted as (
    {%- for name, before, of_those, after, of_these in pairs %}
    select
        '{{ name }}' as table_name,
        (select count(*) from {{ before }} {{ of_those }}) as rows_before,
        (select count(*) from {{ after }} {{ of_these }}) as rows_after
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select * from counted
where rows_before <> rows_after
