{#- A new source that says its accounts' currencies is one more line here. -#}
{%- set accounts = [ref('stg_google_ads__account_history')] -%}

with

unioned as (
    {{ family_union(accounts, ['platform', 'account_id', 'currency_code', 'updated_at']) }}
),

latest as (

    select
        platform,
        account_id,
        currency_code

    from unioned
    qualify row_number() over (
        partition by platform, account_id
        order by updated_at desc nulls last, currency_code asc nulls last
    ) = 1

)

select * from latest
