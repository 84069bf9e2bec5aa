with

landed as (

    select * from {{ source('landed', 'email_campaigns__statistics') }}

),

renamed as (

    select
        -- ids
        campaign_id,

        -- strings
        {{ filled('campaign_name') }} as campaign_name,
        case
            when {{ filled('channel') }} is null then 'email'
            else {{ map_words('channel', {
                'email': ['email', 'e mail', 'mail'],
                'sms': ['sms', 'text message'],
                'letter': ['letter', 'post'],
                'phone': ['phone', 'telephone', 'call'],
            }) }}
        end as channel,

        -- numbers
        sent,
        delivered,
        coalesce(opened, 0) as opened,
        coalesce(clicked, 0) as clicked,
        coalesce(replied, 0) as replied,
        coalesce(bounced, 0) as bounced,
        coalesce(unsubscribed, 0) as unsubscribed,

        -- dates
        sent_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
