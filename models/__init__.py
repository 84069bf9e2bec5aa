"""What is promised: the contracts of exports, and what a KPI is. dbt models are elsewhere."""
