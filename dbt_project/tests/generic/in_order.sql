{# No row's `column_name` is before its `after`: a period that ends before it begins is in no period at all. #}
{% test in_order(model, column_name, after) %}

select
    {{ after }},
    {{ column_name }},
    count(*) as row_count
from {{ model }}
where {{ column_name }} < {{ after }}
group by {{ after }}, {{ column_name }}

{% endtest %}
