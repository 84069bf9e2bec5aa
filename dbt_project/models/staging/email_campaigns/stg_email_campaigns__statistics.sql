with

landed as (

    select * from {{ source('landed', 'email_campaigns__statistics') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["'email_campaigns'", "campaign_id", "sent_date", "channel"]) }} as send_id,
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
        opened,
        clicked,
        replied,
        bounced,
        unsubscribed,

        -- dates
        sent_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
