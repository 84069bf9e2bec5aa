{# What is left after a fee is the amount less the fee, in the columns of these names. #}
{% test net_of_fee(model, column_name, amount='amount', fee='fee_amount') %}

select
    {{ column_name }},
    {{ amount }},
    {{ fee }},
    count(*) as row_count
from {{ model }}
where {{ column_name }} <> {{ amount }} - {{ fee }}
group by {{ column_name }}, {{ amount }}, {{ fee }}

{% endtest %}
