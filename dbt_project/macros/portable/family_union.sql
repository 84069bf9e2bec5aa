{#
    The rows of every source of a family. Each relation must have all of `columns`; what else it has
    is left behind, so that a source is added by naming it in the list.
#}
{% macro family_union(relations, columns) -%}
    {%- for relation in relations %}
    select
        {{ columns | join(",\n        ") }}
    from {{ relation }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
