{#
    Between the first rows of a recursive query and those that follow from them. Where an engine can,
    a row that was found before is not followed once more: two ways to a task of the same length are
    one. The other finds the same, by more steps.
#}
{% macro recursive_union() -%}
    {{ return(adapter.dispatch('recursive_union')()) }}
{%- endmacro %}

{% macro duckdb__recursive_union() -%}
    union
{%- endmacro %}

{% macro spark__recursive_union() -%}
    union all
{%- endmacro %}

{# Whether a list as `2; 3` has an item. #}
{% macro is_listed(item, list) -%}
    instr(
        ';' || replace({{ list }}, ' ', '') || ';',
        ';' || replace({{ item }}, ' ', '') || ';'
    ) > 0
{%- endmacro %}
