{# Texts as vendors write them, and as the mart names them. #}

{% macro as_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{# A text as a literal. Spark reads 'it''s' as two literals side by side, which are `its`. #}
{% macro text_literal(text) -%}
    {{ return(adapter.dispatch('text_literal')(text)) }}
{%- endmacro %}

{% macro duckdb__text_literal(text) -%}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    {{ return("'" ~ text | replace("'", "\\'") ~ "'") }}
{%- endmacro %}

{# A column whose name is a word of SQL's own, such as `try`. #}
{% macro quoted(column) -%}
    {{ adapter.quote(column) }}
{%- endmacro %}

{# NULL instead of an empty or blank text. #}
{% macro filled(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}

{# An ISO 4217 code in capitals; vendors write `eur`, `EUR ` and nothing at all. #}
{% macro currency_code(text) -%}
    nullif(upper(trim({{ text }})), '')
{%- endmacro %}

{# A vendor's word, folded: without case, hyphens and underscores `Paid_Search` is `paid search`. #}
{% macro folded(text) -%}
    lower(trim(replace(replace({{ text }}, '_', ' '), '-', ' ')))
{%- endmacro %}

{#
    The mart's word for a vendor's word. `words` names, per word of ours, the vendor's folded ones.
    Nothing given is `unknown`; a word that is not listed is `other`, and a test counts those.
#}
{% macro map_words(text, words) -%}
    case
        when {{ filled(text) }} is null then 'unknown'
        {%- for word, vendors in words.items() %}
        when {{ folded(text) }} in ('{{ vendors | join("', '") }}') then '{{ word }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}

{# The record that a Salesforce id names: 15 and 18 characters are the same record. #}
{% macro record_id(id) -%}
    substring({{ id }}, 1, 15)
{%- endmacro %}

{# One text key of several parts; an absent part is empty. #}
{% macro joined_key(parts) -%}
    {%- for part in parts -%}
        coalesce({{ as_text(part) }}, ''){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# An account as all streams of a platform mean it, however one writes it: 123-456-7890. #}
{% macro account_key(text) -%}
    lower(replace(replace(replace(coalesce({{ text }}, ''), '-', ''), '_', ''), ' ', ''))
{%- endmacro %}

{# A text that tells one value from another without saying it. #}
{% macro digest(text) -%}
    md5({{ as_text(text) }})
{%- endmacro %}
