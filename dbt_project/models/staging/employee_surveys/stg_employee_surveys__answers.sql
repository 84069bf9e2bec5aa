with

landed as (

    select * from {{ source('landed', 'employee_surveys__answers') }}

),

renamed as (

    select
        -- ids
        answer_id,

        -- strings
        trim(survey) as survey,
        trim(question) as question,
        {{ filled('team') }} as team,

        -- numbers
        score,

        -- dates
        answered_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
