with

landed as (

    select * from {{ source('landed', 'hubspot__feedback_submissions') }}

),

renamed as (

    select
        -- ids
        response_id,

        -- strings
        {{ map_words('survey_type', {
            'nps': ['nps', 'net promoter score', 'loyalty'],
            'csat': ['csat', 'customer satisfaction', 'satisfaction'],
            'ces': ['ces', 'customer effort score', 'support'],
        }) }} as question_kind,
        {{ filled('survey_name') }} as survey,
        {{ map_words('survey_channel', {
            'email': ['email', 'e mail'],
            'web': ['web', 'web page', 'website'],
            'chat': ['chat'],
        }) }} as channel,
        'unknown' as campaign_phase,

        -- numbers
        rating as score,

        -- dates
        {{ business_date('responded_at') }} as response_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
