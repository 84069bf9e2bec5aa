-- Generated from models/kpis.
{{ dim_kpi_sql() }}
