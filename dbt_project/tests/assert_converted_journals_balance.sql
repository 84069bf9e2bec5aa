-- A converted line is rounded by half of the last digit at most: more is two rates in one journal.
with

entries as (

    select
        debit_amount_reporting,
        credit_amount_reporting
    from {{ ref('fct_ledger_entries') }}
    where posting_date < {{ as_of_date() }}

),

total as (

    select
        sum(debit_amount_reporting) - sum(credit_amount_reporting) as difference_amount_reporting,
        count(*) as entry_count
    from entries

)

select * from total
where abs(difference_amount_reporting) > 0.000001 * entry_count
