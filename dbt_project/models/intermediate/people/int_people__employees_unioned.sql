{#- A new HR system is one more line here. -#}
{%- set employees = [
    ref('stg_employees__employees'),
] -%}

with

unioned as (
    {{ family_union(employees, [
        'employee_id', 'valid_from', 'hired_date', 'left_date', 'job_role', 'team', 'region',
        'full_time_share', 'salary_amount', 'currency_code', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
