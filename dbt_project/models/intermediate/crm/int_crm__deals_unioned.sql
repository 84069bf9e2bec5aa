{#- A new CRM is one more line here. -#}
{%- set deals = [
    ref('stg_salesforce__opportunity'),
    ref('stg_salesforce__opportunity_report'),
    ref('stg_salesforce__opportunity_report_without_id'),
    ref('int_crm__hubspot_deals'),
    ref('stg_pipedrive__deals'),
] -%}

with

unioned as (
    {{ family_union(deals, [
        'deal_id', 'account_id', 'account_record_id', 'created_date', 'close_date', 'stage', 'is_won', 'is_lost',
        'is_open', 'region', 'owner_id', 'currency_code', 'amount', 'probability', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
