{{ config(materialized='table', schema='intermediate') }}

-- Of each KPI, how much of what its streams say in the end is known so many days after a day.
with

learned as (
    select table_name, measure, age_days, known_share
    from {{ source('landed', 'maturity') }}
),

feeding as (
    select kpi, table_name
    from (
        values
        {{ kpi_inputs_rows() if execute else "('', '')" }}
    ) as pairs (kpi, table_name)
),

reads as (
    select kpi, columns
    from (
        values
        {{ kpi_columns_rows() if execute else "('', '')" }}
    ) as declared (kpi, columns)
),

measured as (
    select
        feeding.kpi,
        feeding.table_name,
        learned.age_days,
        learned.known_share,
        case when reads.columns like '% ' || learned.measure || ' %' then 1 else 0 end as is_read
    from feeding
    inner join learned
        on feeding.table_name = learned.table_name
    inner join reads
        on feeding.kpi = reads.kpi
),

-- Where no measure of the stream is called as what the KPI adds up, any may be what it reads.
chosen as (
    select
        kpi,
        table_name,
        age_days,
        known_share,
        is_read,
        max(is_read) over (partition by kpi, table_name) as reads_any
    from measured
)

select
    kpi,
    table_name,
    age_days,
    min(known_share) as known_share,
    max(abs(known_share - 1)) > 0.01 as still_changes
from chosen
where is_read = reads_any
group by kpi, table_name, age_days
