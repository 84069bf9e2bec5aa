{# Channels of ads by the words of platforms that several of their reports share. #}

{# The mart's channel for a kind of campaign, as the interface or the API words it. #}
{% macro google_campaign_channel(campaign_type) -%}
    {{ map_words(campaign_type, {
        'search': ['search'],
        'display': ['display'],
        'video': ['video'],
        'performance_max': ['performance max'],
        'shopping': ['shopping'],
        'demand_gen': ['demand gen', 'discovery'],
        'app': ['app', 'multi channel'],
        'cross_network': ['smart', 'local', 'hotel', 'travel'],
    }) }}
{%- endmacro %}

{# The same for the network on which ads were shown. #}
{% macro google_network_channel(network) -%}
    {{ map_words(network, {
        'search': ['search', 'google search', 'search partners', 'search network'],
        'display': ['content', 'display network', 'google display network'],
        'video': ['youtube', 'youtube search', 'youtube watch', 'youtube videos'],
        'cross_network': ['mixed', 'cross network', 'gmail', 'discover', 'maps', 'google tv'],
    }) }}
{%- endmacro %}
