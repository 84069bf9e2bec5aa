with

matched as (

    select * from {{ ref('int_crm__customers_matched') }}

)

select
    source_customer_id,
    customer_id,
    match_rule,
    match_rule <> 'own_id' as is_matched,
    ambiguous_rule,
    cast(candidates as bigint) as candidates

from matched
