-- The running sum of a customer's changes is 0 or 1; anything else counts them more than once.
with

running as (

    select
        customer_id,
        change_date,
        sum(paying_change) over (
            partition by customer_id
            order by change_date asc nulls last
            rows between unbounded preceding and current row
        ) as paying

    from {{ ref('fct_customer_changes') }}

)

select * from running
where paying not between 0 and 1
