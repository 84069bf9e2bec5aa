{#
    A customer that a rule found twice in the CRM, and all that nothing was found for where they are more than the
    declared share. A company without accounts in a CRM has nothing to be matched to.
#}
with

matches as (

    select * from {{ ref('customer_matches') }}

),

accounts as (

    select * from {{ ref('int_crm__accounts_unioned') }}

),

counted as (

    select
        count(*) as customers,
        sum(case when is_matched then 0 else 1 end) as unmatched

    from matches

)

select
    matches.source_customer_id,
    coalesce(matches.ambiguous_rule, 'unmatched') as reason

from matches
cross join counted
where
    exists (select 1 from accounts)
    and not matches.is_matched
    and (
        matches.ambiguous_rule is not null
        or counted.unmatched > counted.customers * {{ var('identity')['most_unmatched'] }}
    )
