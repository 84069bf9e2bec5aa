{#- A new CRM is one more line here. -#}
{%- set accounts = [
    ref('stg_salesforce__account'),
    ref('stg_salesforce__account_report'),
    ref('stg_hubspot__companies'),
    ref('stg_pipedrive__organizations'),
] -%}

with

unioned as (
    {{ family_union(accounts, [
        'account_id', 'account_record_id', 'account_name', 'country', 'region', 'segment', 'industry',
        'account_domain', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
