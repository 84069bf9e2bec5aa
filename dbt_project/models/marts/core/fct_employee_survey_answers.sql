with

answers as (

    select * from {{ ref('int_people__answers_unioned') }}

)

select
    answer_id,
    answered_date,
    survey,
    question,
    coalesce(team, 'unknown') as team,
    cast(score as integer) as score,
    _landing_id,
    _row_number

from answers
