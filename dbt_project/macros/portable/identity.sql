{#
    Who a billed customer is in the CRM. The rules, their order, the mail domains that are of no company
    and the legal forms that are no name are declared in dbt_project.yml (`identity`).
#}

{# The rules in the order in which they are tried. #}
{% macro identity_rules() %}
    {{ return(var('identity')['rules']) }}
{% endmacro %}

{# The place of a rule in that order; none where it is not declared. #}
{% macro identity_place(rule) %}
    {% set rules = identity_rules() %}
    {{ return(rules.index(rule) + 1 if rule in rules else none) }}
{% endmacro %}

{# The host of a web address: without scheme, `www.` and path. #}
{% macro site_domain(url) -%}
    nullif(
        split_part(
            replace(replace(replace(lower(trim({{ url }})), 'https://', ''), 'http://', ''), 'www.', ''),
            '/',
            1
        ),
        ''
    )
{%- endmacro %}

{# The domain of an e-mail address; NULL where it is a mail provider's, which anybody may have. #}
{% macro email_domain(email) -%}
    case
        when split_part(lower(trim({{ email }})), '@', 2) in (
            '', '{{ var("identity")["public_mail_domains"] | join("', '") }}'
        ) then null
        else split_part(lower(trim({{ email }})), '@', 2)
    end
{%- endmacro %}

{# A company's name to compare: without case, punctuation and legal form. `Müller & Co. KG` is `müller`. #}
{% macro company_key(name) -%}
    {%- set text = namespace(sql="lower(" ~ name ~ ")") -%}
    {%- for mark in ['.', '"'] -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", '" ~ mark ~ "', '')" -%}
    {%- endfor -%}
    {%- for mark in [',', '-', '_', '/', '(', ')', '&', '+', '  '] -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", '" ~ mark ~ "', ' ')" -%}
    {%- endfor -%}
    {%- set text.sql = "' ' || " ~ text.sql ~ " || ' '" -%}
    {%- for form in var('identity')['legal_forms'] -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", ' " ~ form ~ " ', ' ')" -%}
    {%- endfor -%}
    nullif(trim(replace({{ text.sql }}, '  ', ' ')), '')
{%- endmacro %}
