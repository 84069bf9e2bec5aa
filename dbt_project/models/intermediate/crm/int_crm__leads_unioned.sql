{#- A new CRM is one more line here. -#}
{%- set leads = [
    ref('stg_salesforce__lead'),
    ref('stg_salesforce__lead_report'),
    ref('stg_hubspot__contacts'),
] -%}

with

unioned as (
    {{ family_union(leads, [
        'lead_id', 'created_date', 'qualified_date', 'converted_account_record_id', 'channel', 'lead_status',
        'region', 'owner_id', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
