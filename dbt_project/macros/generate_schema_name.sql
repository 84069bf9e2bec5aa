{# Schemas are named exactly as configured: staging, intermediate, kpi_mart. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
