{#- A new mailing tool is one more line here. -#}
{%- set sends = [
    ref('stg_email_campaigns__statistics'),
    ref('stg_hubspot__marketing_emails'),
] -%}

with

unioned as (
    {{ family_union(sends, [
        'send_id', 'campaign_id', 'campaign_name', 'sent_date', 'channel', 'sent', 'delivered',
        'opened', 'clicked', 'replied', 'bounced', 'unsubscribed', '_landing_id', '_row_number',
    ]) }}
)

select * from unioned
