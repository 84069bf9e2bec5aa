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

feeding as (
    select kpi, table_name
    from (
        values
        {{ kpi_inputs_rows() if execute else "('', '')" }}
    ) as pairs (kpi, table_name)
)

select
    feeding.kpi,
    feeding.table_name,
    coalesce(streams.completes_periods, false) as is_active,
    streams.exported_at,
    streams.covered_to,
    {{ days_after('streams.covered_to', '-streams.restates_days') }} as settled_to
from feeding
left join streams
    on feeding.table_name = streams.table_name
