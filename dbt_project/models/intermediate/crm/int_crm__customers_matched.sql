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

accounts as (

    select * from {{ ref('int_crm__accounts_unioned') }}

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

matched as (

    select
        seen.source_customer_id,
        coalesce(accounts.account_id, declared.crm_account_id, seen.source_customer_id)
            as customer_id,
        case
            when declared.crm_account_id is not null then 'declared_account'
            when accounts.account_id is not null then 'account_id'
            else 'own_id'
        end as match_rule

    from seen
    left join declared on seen.source_customer_id = declared.source_customer_id
    left join accounts
        on
            {{ record_id('coalesce(declared.crm_account_id, seen.source_customer_id)') }}
            = accounts.account_record_id
    where seen.source_customer_id is not null

)

select * from matched
