{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_finance__subscriptions_unioned') }}

),

payments as (

    select * from {{ ref('int_finance__payments_unioned') }}

),

invoice_lines as (

    select * from {{ ref('int_finance__invoice_lines_unioned') }}

),

described as (

    select * from {{ ref('int_finance__customers_described') }}

),

accounts as (

    select
        *,
        {{ company_key('account_name') }} as account_name_key,
        {{ folded(filled('country')) }} as account_country

    from {{ ref('int_crm__accounts_unioned') }}

),

-- The billing system names the CRM's account itself; the newest word on it holds.
declared as (

    select
        source_customer_id,
        crm_account_id

    from subscriptions
    where crm_account_id is not null
    qualify row_number() over (
        partition by source_customer_id
        order by started_at desc nulls last, subscription_id desc nulls last
    ) = 1

),

seen as (

    select source_customer_id from subscriptions
    union distinct
    select source_customer_id from payments
    union distinct
    select source_customer_id from invoice_lines

),

-- Every account that a rule finds. What is declared holds even where the CRM does not show it.
found as (

    select
        declared.source_customer_id,
        'declared_account' as match_rule,
        {{ record_id('declared.crm_account_id') }} as account_record_id,
        coalesce(accounts.account_id, declared.crm_account_id) as account_id

    from declared
    left join accounts
        on {{ record_id('declared.crm_account_id') }} = accounts.account_record_id

    union all

    select
        seen.source_customer_id,
        'account_id' as match_rule,
        accounts.account_record_id,
        accounts.account_id

    from seen
    inner join accounts
        on {{ record_id('seen.source_customer_id') }} = accounts.account_record_id

    union all

    select
        described.source_customer_id,
        'email_domain' as match_rule,
        accounts.account_record_id,
        accounts.account_id

    from described
    inner join accounts on described.customer_email_domain = accounts.account_domain

    union all

    select
        described.source_customer_id,
        'name_and_country' as match_rule,
        accounts.account_record_id,
        accounts.account_id

    from described
    inner join accounts
        on
            described.customer_name_key = accounts.account_name_key
            and described.customer_country = accounts.account_country

),

-- The first rule that finds anything decides; two accounts found by it are none.
by_rule as (

    select
        source_customer_id,
        match_rule,
        case match_rule
            {%- for rule in identity_rules() %}
            when '{{ rule }}' then {{ loop.index }}
            {%- endfor %}
        end as rule_place,
        count(distinct account_record_id) as candidates,
        min(account_id) as account_id

    from found
    where match_rule in ('{{ identity_rules() | join("', '") }}')
    group by source_customer_id, match_rule

),

decided as (

    select *
    from by_rule
    qualify row_number() over (
        partition by source_customer_id
        order by rule_place asc nulls last
    ) = 1

),

matched as (

    select
        seen.source_customer_id,
        case when decided.candidates = 1 then decided.account_id else seen.source_customer_id end
            as customer_id,
        case when decided.candidates = 1 then decided.match_rule else 'own_id' end as match_rule,
        case when decided.candidates = 1 then decided.rule_place end as rule_place,
        case when decided.candidates > 1 then decided.match_rule end as ambiguous_rule,
        coalesce(decided.candidates, 0) as candidates

    from seen
    left join decided on seen.source_customer_id = decided.source_customer_id
    where seen.source_customer_id is not null

)

select * from matched
