{#- The last day overdue of each bucket; beyond the last one is over_90_days. -#}
{%- set buckets = [('days_1_to_30', 30), ('days_31_to_60', 60), ('days_61_to_90', 90)] -%}
with

invoice_lines as (

    select
        invoice_line_id,
        coalesce(invoice_id, invoice_line_id) as invoice_id,
        document_kind,
        issue_date,
        due_date,
        customer_id,
        currency_code,
        tax_amount,
        net_amount + coalesce(tax_amount, 0) as amount,
        net_amount_reporting + coalesce(tax_amount_reporting, 0) as amount_reporting,
        fx_from_rate,
        fx_to_rate
    from {{ ref('fct_invoices') }}
    where issue_date < {{ as_of_date() }}

),

-- Money that failed, is awaited or is disputed has not come.
payments as (

    select
        payment_date,
        customer_id,
        invoice_id,
        currency_code,
        amount - refunded_amount as amount,
        amount_reporting - refunded_amount_reporting as amount_reporting
    from {{ ref('fct_payments') }}
    where
        payment_date < {{ as_of_date() }}
        and status in ('paid', 'partially_refunded', 'refunded')

),

days as (

    select * from {{ ref('dim_date') }}

),

months as (

    select distinct
        month_start_date,
        month_end_date,
        least(month_end_date, {{ days_after(as_of_date(), -1) }}) as balance_date
    from days
    where month_start_date < {{ as_of_date() }}

),

documents as (

    select
        invoice_id,
        currency_code,
        -- What came back of an order carries the order's number: together they are what is owed.
        case
            when max(case when document_kind = 'invoice' then 1 else 0 end) = 1 then 'invoice'
            else 'credit_note'
        end as line_kind,
        coalesce(min(customer_id), 'unknown') as customer_id,
        min(issue_date) as issue_date,
        min(due_date) as due_date,
        min(case when tax_amount is null then 0 else 1 end) = 1 as is_with_tax
    from invoice_lines
    group by invoice_id, currency_code

),

-- What is left of a document stands at the rate at which it was invoiced.
document_rates as (

    select
        invoice_id,
        currency_code,
        fx_from_rate,
        fx_to_rate
    from invoice_lines
    qualify row_number() over (
        partition by invoice_id, currency_code
        order by issue_date nulls last, invoice_line_id nulls last
    ) = 1

),

-- Stripe's payments name an invoice without the system that it is of.
found_payments as (

    select
        payments.payment_date,
        payments.currency_code,
        payments.amount,
        payments.amount_reporting,
        coalesce(named.invoice_id, of_stripe.invoice_id) as invoice_id,
        coalesce(payments.customer_id, 'unknown') as customer_id

    from payments
    left join documents as named
        on
            payments.invoice_id = named.invoice_id
            and payments.currency_code = named.currency_code
    left join documents as of_stripe
        on
            'stripe|' || payments.invoice_id = of_stripe.invoice_id
            and payments.currency_code = of_stripe.currency_code

),

unapplied as (

    select
        {{ joined_key(["'unapplied'", 'customer_id', 'currency_code']) }} as line_id,
        payment_date,
        customer_id,
        currency_code,
        amount,
        amount_reporting
    from found_payments
    where invoice_id is null

),

-- Every line that can have a balance: a document, or a customer's payments without one.
known_lines as (

    select
        {{ joined_key(["'document'", 'documents.invoice_id', 'documents.currency_code']) }}
            as line_id,
        documents.line_kind,
        documents.invoice_id,
        documents.customer_id,
        documents.currency_code,
        documents.issue_date,
        documents.due_date,
        documents.is_with_tax,
        document_rates.fx_from_rate,
        document_rates.fx_to_rate
    from documents
    inner join document_rates
        on
            documents.invoice_id = document_rates.invoice_id
            and documents.currency_code = document_rates.currency_code

    union all

    select distinct
        line_id,
        'payment' as line_kind,
        {{ as_text('null') }} as invoice_id,
        customer_id,
        currency_code,
        cast(null as date) as issue_date,
        cast(null as date) as due_date,
        cast(null as boolean) as is_with_tax,
        cast(null as decimal(18, 8)) as fx_from_rate,
        cast(null as decimal(18, 8)) as fx_to_rate
    from unapplied

),

movements as (

    select
        {{ joined_key(["'document'", 'invoice_id', 'currency_code']) }} as line_id,
        issue_date as movement_date,
        amount,
        amount_reporting
    from invoice_lines

    union all

    select
        {{ joined_key(["'document'", 'invoice_id', 'currency_code']) }} as line_id,
        payment_date as movement_date,
        -amount as amount,
        -amount_reporting as amount_reporting
    from found_payments
    where invoice_id is not null

    union all

    select
        line_id,
        payment_date as movement_date,
        -amount as amount,
        -amount_reporting as amount_reporting
    from unapplied

),

month_movements as (

    select
        movements.line_id,
        days.month_start_date,
        sum(movements.amount) as amount,
        sum(movements.amount_reporting) as amount_reporting
    from movements
    inner join days on movements.movement_date = days.date_day
    group by movements.line_id, days.month_start_date

),

-- A balance stands until the line's next movement.
balances as (

    select
        line_id,
        month_start_date as from_month,
        lead(month_start_date) over (
            partition by line_id
            order by month_start_date nulls last
        ) as until_month,
        cast(sum(amount) over (
            partition by line_id
            order by month_start_date nulls last
            rows between unbounded preceding and current row
        ) as decimal(18, 6)) as amount,
        sum(amount_reporting) over (
            partition by line_id
            order by month_start_date nulls last
            rows between unbounded preceding and current row
        ) as booked_amount_reporting
    from month_movements

),

valued as (

    select
        known_lines.*,
        balances.from_month,
        balances.until_month,
        balances.amount,
        balances.booked_amount_reporting,
        case
            when known_lines.line_kind = 'payment' then balances.booked_amount_reporting
            else {{ convert_amount(
                'balances.amount', 'known_lines.fx_from_rate', 'known_lines.fx_to_rate'
            ) }}
        end as amount_reporting

    from balances
    inner join known_lines on balances.line_id = known_lines.line_id

),

month_balances as (

    select
        months.month_start_date,
        months.month_end_date,
        months.balance_date,
        valued.*,
        {{ days_between('coalesce(valued.due_date, valued.issue_date)', 'months.balance_date') }}
            as days_overdue
    from valued
    inner join months
        on
            valued.from_month <= months.month_start_date
            and (
                valued.until_month is null
                or valued.until_month > months.month_start_date
            )

),

owed as (

    select
        month_start_date,
        month_end_date,
        balance_date,
        line_id,
        line_kind,
        case
            when line_kind = 'payment' or amount < 0 then 'unapplied'
            when days_overdue <= 0 then 'not_due'
            {%- for bucket, last_day in buckets %}
            when days_overdue <= {{ last_day }} then '{{ bucket }}'
            {%- endfor %}
            else 'over_90_days'
        end as bucket,
        invoice_id,
        customer_id,
        issue_date,
        due_date,
        is_with_tax,
        days_overdue,
        currency_code,
        amount,
        amount_reporting
    from month_balances
    where amount <> 0 or (line_kind = 'payment' and amount_reporting <> 0)

),

-- Invoiced at one rate and paid at another: no one owes the difference.
differences as (

    select
        month_start_date,
        month_end_date,
        balance_date,
        {{ joined_key(["'conversion_difference'", 'customer_id', 'currency_code']) }} as line_id,
        'conversion_difference' as line_kind,
        'conversion_difference' as bucket,
        {{ as_text('null') }} as invoice_id,
        customer_id,
        cast(null as date) as issue_date,
        cast(null as date) as due_date,
        cast(null as boolean) as is_with_tax,
        cast(null as integer) as days_overdue,
        currency_code,
        cast(0 as decimal(18, 6)) as amount,
        sum(booked_amount_reporting - amount_reporting) as amount_reporting
    from month_balances
    group by month_start_date, month_end_date, balance_date, customer_id, currency_code
    having sum(booked_amount_reporting - amount_reporting) <> 0

),

all_lines as (

    select * from owed

    union all

    select * from differences

)

select
    month_start_date,
    month_end_date,
    balance_date,
    month_end_date < {{ as_of_date() }} as is_month_over,
    line_id,
    line_kind,
    bucket,
    invoice_id,
    customer_id,
    issue_date,
    due_date,
    is_with_tax,
    days_overdue,
    currency_code,
    amount,
    cast(amount_reporting as decimal(28, 6)) as amount_reporting

from all_lines
