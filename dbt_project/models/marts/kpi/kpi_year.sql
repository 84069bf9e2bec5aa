-- Generated from models/kpis.
-- depends_on: {{ ref('kpi_values') }}
-- depends_on: {{ ref('dim_kpi') }}
{{ kpi_summable_sql('year') }}
