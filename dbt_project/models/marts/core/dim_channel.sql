{#- Where the business meets people; sources map their own words to these. -#}
{%- set channels = [
    ('search', 'Paid search', 'paid'),
    ('display', 'Display', 'paid'),
    ('video', 'Video', 'paid'),
    ('social', 'Paid social', 'paid'),
    ('performance_max', 'Performance Max', 'paid'),
    ('shopping', 'Shopping', 'paid'),
    ('demand_gen', 'Demand Gen', 'paid'),
    ('app', 'App campaigns', 'paid'),
    ('cross_network', 'Several ad networks', 'paid'),
    ('organic_search', 'Organic search', 'earned'),
    ('referral', 'Referral', 'earned'),
    ('direct', 'Website', 'owned'),
    ('email', 'E-mail', 'owned'),
    ('webinar', 'Webinar', 'owned'),
    ('event', 'Events', 'owned'),
    ('partner', 'Partners', 'sales'),
    ('outbound', 'Outbound', 'sales'),
    ('other', 'Other', 'other'),
    ('unknown', 'Unknown', 'other'),
] -%}

with

channels as (
    {%- for channel, channel_name, channel_group in channels %}
    select
        '{{ channel }}' as channel,
        '{{ channel_name }}' as channel_name,
        '{{ channel_group }}' as channel_group
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    {{ as_text('channel') }} as channel,
    {{ as_text('channel_name') }} as channel_name,
    {{ as_text('channel_group') }} as channel_group

from channels
