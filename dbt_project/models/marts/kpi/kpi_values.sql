-- Generated from models/kpis.
-- depends_on: {{ ref('kpi_components') }}
-- depends_on: {{ ref('kpi_components_daily') }}
-- depends_on: {{ ref('kpi_periods') }}
-- depends_on: {{ ref('kpi_inputs') }}
-- depends_on: {{ source('landed', 'missing_days') }}
{{ kpi_values_sql() }}
