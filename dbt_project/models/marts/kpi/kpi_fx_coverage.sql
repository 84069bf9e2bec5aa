-- Generated from models/kpis.
{{ kpi_fx_coverage_sql() }}
