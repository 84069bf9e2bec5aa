{# What marketing's tools call things, in the mart's words. #}

{# Where a visitor came from; the mart's own words are understood, too. #}
{% macro visit_channel(source) -%}
    {{ map_words(source, {
        'search': ['search', 'paid search', 'cpc', 'ppc', 'sem'],
        'display': ['display', 'banner'],
        'video': ['video', 'paid video'],
        'social': ['social', 'paid social', 'organic social', 'social media'],
        'performance_max': ['performance max'],
        'shopping': ['shopping', 'paid shopping', 'organic shopping'],
        'cross_network': ['cross network'],
        'organic_search': ['organic search', 'organic', 'seo', 'organic video'],
        'referral': ['referral', 'affiliates'],
        'direct': ['direct', 'website', '(none)'],
        'email': ['email', 'e mail', 'newsletter'],
        'webinar': ['webinar'],
        'event': ['event'],
        'partner': ['partner'],
        'outbound': ['outbound'],
        'unknown': ['unknown', 'unassigned', '(not set)'],
    }) }}
{%- endmacro %}
