-- Two sources that tell of the same invoices, as a billing tool and the accounting it books into.
with

documents as (
    select
        landings.source,
        invoices.invoice_id,
        invoices.issue_date,
        invoices.currency_code,
        sum(invoices.net_amount) as net_amount
    from {{ ref('fct_invoices') }} as invoices
    inner join {{ source('landed', 'landings') }} as landings
        on invoices._landing_id = landings.landing_id
    group by
        landings.source,
        invoices.invoice_id,
        invoices.issue_date,
        invoices.currency_code
    having sum(invoices.net_amount) <> 0
),

alike as (
    select
        one.source,
        other.source as other_source,
        one.invoice_id
    from documents as one
    inner join documents as other
        on
            one.source < other.source
            and one.issue_date = other.issue_date
            and one.currency_code = other.currency_code
            and one.net_amount = other.net_amount
    group by one.source, other.source, one.invoice_id
),

pairs as (
    select
        source,
        other_source,
        count(*) as document_count
    from alike
    group by source, other_source
),

sizes as (
    select
        source,
        count(*) as document_count
    from documents
    group by source
)

select
    pairs.source,
    pairs.other_source,
    pairs.document_count as documents_in_both,
    least(mine.document_count, theirs.document_count) as documents_of_the_smaller
from pairs
inner join sizes as mine
    on pairs.source = mine.source
inner join sizes as theirs
    on pairs.other_source = theirs.source
where
    pairs.document_count >= 5
    and pairs.document_count * 2 >= least(mine.document_count, theirs.document_count)
