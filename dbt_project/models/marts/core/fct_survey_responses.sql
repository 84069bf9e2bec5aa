with

responses as (

    select * from {{ ref('int_crm__survey_responses_unioned') }}

)

select
    response_id,
    response_date,
    question_kind,
    cast(score as integer) as score,
    coalesce(survey, 'unknown') as survey,
    campaign_phase,
    channel,
    _landing_id,
    _row_number

from responses
