{# Every word of the vendor has a word of ours; rows whose word is on no list are in the bucket `other`. #}
{% test no_unmapped_words(model, column_name) %}

select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
where {{ column_name }} = 'other'
group by {{ column_name }}

{% endtest %}
