with

landed as (

    select * from {{ source('landed', 'hubspot__marketing_emails') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["title", "sent_at"]) }} as statistic_id,
        {{ joined_key(["'hubspot'", "title", "sent_at"]) }} as send_id,
        campaign_id,

        -- strings
        {{ filled('title') }} as campaign_name,
        'email' as channel,

        -- numbers
        sent,
        delivered,
        opened,
        clicked,
        cast(null as bigint) as replied,
        bounced,
        unsubscribed,
        spam_reports,

        -- dates
        {{ business_date('sent_at') }} as sent_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
