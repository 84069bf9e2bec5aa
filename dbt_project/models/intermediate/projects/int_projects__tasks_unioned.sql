{#- A new planning tool is one more line here. -#}
{%- set tasks = [
    ref('stg_projects__tasks'),
] -%}

with

unioned as (
    {{ family_union(tasks, [
        'project_id', 'task_id', 'task_name', 'task_status', 'status_date', 'duration_days',
        'predecessors', 'currency_code', 'planned_value_amount', 'earned_value_amount',
        'actual_cost_amount', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
