{#- A new survey tool is one more line here. -#}
{%- set responses = [
    ref('stg_hubspot__feedback_submissions'),
    ref('stg_zendesk__satisfaction'),
    ref('stg_support_desk__satisfaction'),
    ref('stg_surveys__responses'),
] -%}

with

unioned as (
    {{ family_union(responses, [
        'response_id', 'response_date', 'question_kind', 'score', 'survey', 'campaign_phase',
        'channel', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
