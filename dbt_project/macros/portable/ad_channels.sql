{# Words of ad platforms that several of their reports share: channels, ids, signs of currencies. #}

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

{# The mart's channel for where Microsoft showed ads. #}
{% macro microsoft_channel(ad_distribution) -%}
    {{ map_words(ad_distribution, {
        'search': ['search', 'microsoft sites and select traffic', 'syndicated search partners'],
        'display': ['audience', 'native', 'content', 'audience network'],
    }) }}
{%- endmacro %}

{# Microsoft's downloads put ids into brackets, so that spreadsheets leave them alone. #}
{% macro without_brackets(id) -%}
    nullif(trim(replace(replace({{ id }}, '[', ''), ']', '')), '')
{%- endmacro %}

{# A code, or the sign that Amazon writes instead. `$` is of many countries: it stays, and no rate is found for it. #}
{% macro currency_of_sign(text) -%}
    case trim({{ text }})
        when '₹' then 'INR'
        when 'Rs.' then 'INR'
        when 'Rs' then 'INR'
        when '€' then 'EUR'
        when '£' then 'GBP'
        when '¥' then 'JPY'
        when '￥' then 'JPY'
        when 'zł' then 'PLN'
        when 'US$' then 'USD'
        when 'CA$' then 'CAD'
        when 'A$' then 'AUD'
        when 'MX$' then 'MXN'
        when 'R$' then 'BRL'
        else {{ currency_code(text) }}
    end
{%- endmacro %}
