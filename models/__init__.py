"""What is promised: exports' contracts and what a KPI is. (SQL models: `dbt_project/models/`.)"""
