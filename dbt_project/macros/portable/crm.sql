{# What a CRM calls things, in the mart's words. #}

{# The channel of a lead source. #}
{% macro lead_channel(source) -%}
    {{ map_words(source, {
        'search': ['paid search', 'google ads', 'google adwords', 'microsoft ads'],
        'display': ['display ads', 'display'],
        'video': ['video ads', 'video'],
        'social': ['paid social', 'social', 'social media', 'organic social', 'facebook', 'linkedin'],
        'organic_search': ['organic search', 'seo'],
        'direct': ['website', 'web', 'direct', 'direct traffic'],
        'email': ['email', 'e mail', 'newsletter', 'email marketing'],
        'referral': ['referral', 'referrals', 'customer referral', 'employee referral', 'word of mouth'],
        'webinar': ['webinar'],
        'event': ['trade show', 'event', 'conference'],
        'partner': ['partner', 'partner referral'],
        'outbound': ['outbound', 'cold call', 'phone inquiry', 'purchased list'],
    }) }}
{%- endmacro %}

{# The channel of a CRM's campaign, by its type. "Advertisement" does not say where: it is `other`. #}
{% macro campaign_channel(campaign_type) -%}
    {{ map_words(campaign_type, {
        'search': ['paid search', 'google ads', 'search'],
        'display': ['banner ads', 'display ads', 'display'],
        'video': ['video ads', 'video'],
        'social': ['paid social', 'social', 'social media'],
        'direct': ['website', 'web', 'content'],
        'email': ['email', 'e mail', 'newsletter'],
        'referral': ['referral program', 'referral'],
        'webinar': ['webinar', 'seminar / conference', 'webcast'],
        'event': ['trade show', 'conference', 'event', 'seminar'],
        'partner': ['partners', 'partner'],
        'outbound': ['direct mail', 'telemarketing'],
    }) }}
{%- endmacro %}

{# The chance of a deal, which CRMs give in percent, from 0 to 1. #}
{% macro chance_of_percent(percent) -%}
    cast({{ percent }} * 0.01 as decimal(9, 6))
{%- endmacro %}

{# The chance of a deal of which only the weighted amount is known; CRMs weigh by whole percents. #}
{% macro chance_of_weighted(weighted, amount) -%}
    cast(cast({{ kpi_ratio(weighted, amount, unit_scale=6) }} as decimal(9, 2)) as decimal(9, 6))
{%- endmacro %}

{#
    What became of a deal: `won`, `lost` or `open`. The CRM's own flags go before the stage's name; a stage of
    an unknown name that is certain or hopeless, or closed for a reason nobody gave, is `other`.
#}
{% macro deal_state(stage, is_closed, is_won, is_settled) -%}
    case
        when {{ is_won }} then 'won'
        when {{ is_closed }} and not {{ is_won }} then 'lost'
        when not {{ is_closed }} then 'open'
        when {{ folded(stage) }} in (
            'closed won', 'closedwon', 'won', 'geschlossen und gewonnen', 'gewonnen', 'fermée gagnée', 'gagnée', 'gagné',
            'cerrada ganada', 'cierre ganado', 'ganado', 'chiusa acquisita', 'chiuso vinto', 'fechado e ganho', 'ganho',
            'gesloten en gewonnen', '成立', '受注', '已成交', '成交'
        ) then 'won'
        when {{ folded(stage) }} in (
            'closed lost', 'closedlost', 'lost', 'geschlossen, aber verloren', 'geschlossen und verloren', 'verloren',
            'fermée perdue', 'perdue', 'perdu', 'cerrada perdida', 'cierre perdido', 'perdido', 'chiusa persa', 'chiuso perso',
            'fechado e perdido', 'gesloten en verloren', '不成立', '失注', '丢单', '失敗'
        ) then 'lost'
        when {{ is_closed }} or {{ is_settled }} then 'other'
        else 'open'
    end
{%- endmacro %}

{# The first of the values that a cell lists, separated by `;`. #}
{% macro first_of_list(text) -%}
    {{ filled("split_part(" ~ text ~ ", ';', 1)") }}
{%- endmacro %}

{# The mart's words of a ticket, from those that support desks use. #}

{% macro ticket_priority(text) -%}
    {{ map_words(text, {
        'low': ['low', 'niedrig', '1'],
        'medium': ['medium', 'normal', 'mittel', '2'],
        'high': ['high', 'hoch', '3'],
        'urgent': ['urgent', 'critical', 'dringend', '4'],
    }) }}
{%- endmacro %}

{% macro ticket_channel(text) -%}
    {{ map_words(text, {
        'email': ['email', 'e mail', 'mail'],
        'chat': ['chat', 'messaging', 'native messaging', 'whatsapp', 'facebook', 'sms', 'web messaging'],
        'form': ['form', 'web form', 'web', 'web service', 'web widget', 'help center', 'api', 'mobile', 'mobile sdk'],
        'phone': ['phone', 'voice', 'call', 'phone call (inbound)', 'phone call (outbound)', 'voicemail'],
    }) }}
{%- endmacro %}

{% macro ticket_status(text) -%}
    {{ map_words(text, {
        'new': ['new', 'neu'],
        'waiting_on_contact': ['waiting on contact', 'pending', 'waiting on customer', 'awaiting customer'],
        'waiting_on_us': ['waiting on us', 'open', 'working', 'escalated', 'on hold', 'hold', 'in progress', 'reopened'],
        'closed': ['closed', 'solved', 'resolved', 'done', 'geschlossen'],
    }) }}
{%- endmacro %}

{# A complaint, wherever it is said, goes before what the ticket is about. #}
{% macro ticket_kind(text) -%}
    case
        when {{ folded(text) }} like '%complaint%' then 'complaint'
        else {{ map_words(text, {
            'product_issue': ['product issue', 'problem', 'incident', 'bug', 'mechanical', 'electrical', 'electronic', 'structural'],
            'billing_issue': ['billing issue', 'billing'],
            'feature_request': ['feature request'],
            'general_inquiry': ['general inquiry', 'general enquiry', 'question', 'task'],
        }) }}
    end
{%- endmacro %}
