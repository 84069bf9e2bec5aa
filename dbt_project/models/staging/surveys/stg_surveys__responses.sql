with

landed as (

    select * from {{ source('landed', 'surveys__responses') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'surveys'", "response_id"]) }} as response_id,
        respondent_id,

        -- strings
        {{ map_words('question_kind', {
            'nps': ['nps', 'net promoter score'],
            'csat': ['csat', 'customer satisfaction'],
            'ces': ['ces', 'customer effort score'],
            'recommend': ['recommend'],
            'recognition': ['recognition'],
        }) }} as question_kind,
        {{ filled('survey') }} as survey,
        {{ map_words('campaign_phase', {
            'before': ['before'],
            'during': ['during'],
            'after': ['after'],
        }) }} as campaign_phase,
        {{ map_words('survey_channel', {
            'email': ['email', 'e mail'],
            'web': ['web', 'web page', 'website'],
            'chat': ['chat'],
        }) }} as channel,

        -- numbers
        score,

        -- dates
        answered_date as response_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
