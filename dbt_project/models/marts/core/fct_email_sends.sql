with

sends as (

    select * from {{ ref('int_marketing__sends_unioned') }}

)

select
    send_id as email_send_id,
    campaign_id,
    campaign_name,
    sent_date,
    channel,
    cast(sent as bigint) as sent,
    cast(delivered as bigint) as delivered,
    cast(opened as bigint) as opened,
    cast(clicked as bigint) as clicked,
    cast(replied as bigint) as replied,
    cast(bounced as bigint) as bounced,
    cast(unsubscribed as bigint) as unsubscribed,
    _landing_id,
    _row_number

from sends
