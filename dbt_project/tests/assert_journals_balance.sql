-- Double entry: what a journal debits it credits, exactly, in each of its currencies.
select
    journal_id,
    currency_code,
    sum(debit_amount) as debit_amount,
    sum(credit_amount) as credit_amount

from {{ ref('int_finance__journal_lines_unioned') }}
group by journal_id, currency_code
having sum(debit_amount) <> sum(credit_amount)
