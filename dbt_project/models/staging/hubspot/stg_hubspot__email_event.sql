with

landed as (

    select * from {{ source('landed', 'hubspot__email_event') }}

),

renamed as (

    select
        -- ids
        {{ joined_key(["event_id", "happened_at"]) }} as event_key,
        event_id,
        campaign_id,

        -- strings
        {{ map_words('event_type', {
            'sent': ['sent'],
            'delivered': ['delivered'],
            'open': ['open'],
            'click': ['click'],
            'bounce': ['bounce'],
            'unsubscribed': ['statuschange', 'unsubscribed'],
            'spam_report': ['spamreport'],
            'not_sent': ['dropped', 'deferred', 'processed', 'suppressed'],
            'forward': ['forward', 'print'],
        }) }} as event_type,

        -- dates
        {{ business_date('happened_at') }} as event_date,

        -- lineage
        _landing_id,
        _row_number

    from landed

)

select * from renamed
