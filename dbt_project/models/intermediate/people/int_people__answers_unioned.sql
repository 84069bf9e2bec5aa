{#- A new tool for surveys among the staff is one more line here. -#}
{%- set answers = [
    ref('stg_employee_surveys__answers'),
] -%}

with

unioned as (
    {{ family_union(answers, [
        'answer_id', 'survey', 'question', 'team', 'score', 'answered_date', '_landing_id',
        '_row_number',
    ]) }}
)

select * from unioned
