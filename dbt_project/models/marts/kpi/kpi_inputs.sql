with

landings as (
    select table_name, exported_at, covered_to, completes_periods, restates_days
    from {{ source('landed', 'landings') }}
    where status = 'accepted'
),

streams as (
    select
        table_name,
        completes_periods,
        max(restates_days) as restates_days,
        max(exported_at) as exported_at,
        max(covered_to) as covered_to
    from landings
    group by table_name, completes_periods
),

-- Ranked streams of a source tell of the same money: what one of them covers is known.
told as (
    select
        table_name,
        case when spend_rank is null then table_name else source end as teller
    from {{ source('landed', 'streams') }}
),

covered as (
    select
        streams.table_name,
        streams.completes_periods,
        max(streams.restates_days) over (partition by told.teller) as restates_days,
        max(streams.exported_at) over (partition by told.teller) as exported_at,
        max(streams.covered_to) over (partition by told.teller) as covered_to
    from streams
    inner join told
        on streams.table_name = told.table_name
),

feeding as (
    select kpi, table_name
    from (
        values
        {{ kpi_inputs_rows() if execute else "('', '')" }}
    ) as pairs (kpi, table_name)
),

-- The declared days are the least: a stream that was seen to change for longer settles later.
learned as (
    select kpi, table_name, max(age_days) + 1 as changes_days
    from {{ ref('kpi_maturity') }}
    where still_changes
    group by kpi, table_name
)

select
    feeding.kpi,
    feeding.table_name,
    coalesce(covered.completes_periods, false) as is_active,
    covered.exported_at,
    covered.covered_to,
    {{ days_after(
        'covered.covered_to',
        '-greatest(covered.restates_days, coalesce(learned.changes_days, 0))'
    ) }} as settled_to
from feeding
left join covered
    on feeding.table_name = covered.table_name
left join learned
    on feeding.kpi = learned.kpi and feeding.table_name = learned.table_name
