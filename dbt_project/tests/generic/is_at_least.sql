{# No value is below a bound: a `value`, or another `column` of the row. What is NULL is not asked. #}
{% test is_at_least(model, column_name, value=none, column=none) %}

select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
where {{ column_name }} < {{ column if column is not none else value }}
group by {{ column_name }}

{% endtest %}
