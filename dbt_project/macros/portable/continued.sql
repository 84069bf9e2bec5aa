{#
    Tables that a candidate takes over from the one before it, as far as their days are unchanged.
    Belongs here: how such a table is built, and what there is to compare with. Does not belong here:
    whether the candidate before may be continued (pipelines/continued.py), and which days of a table
    changed (a model that says them as ranges, such as int_ads__changed_days).

    A model says it by `meta: {continued: {changed_days: model, first: column, last: column}}`. Its SQL is
    that of the whole table: on an engine or in a run without a candidate before, all of it is built.
#}

{# The database with the candidate before this one; none where all has to be built. #}
{% macro candidate_before() -%}
    {{ return(adapter.dispatch('candidate_before')()) }}
{%- endmacro %}

{% macro default__candidate_before() -%}
    {{ return(none) }}
{%- endmacro %}

{% macro duckdb__candidate_before() -%}
    {%- set file = env_var('KPI_CANDIDATE_BEFORE', '') -%}
    {%- if not execute or not file -%}{{ return(none) }}{%- endif -%}
    {%- do run_query(
        "attach if not exists " ~ text_literal(file) ~ " as candidate_before (read_only)"
    ) -%}
    {{ return('candidate_before') }}
{%- endmacro %}


{# A table of the candidate before. #}
{% macro before(schema, table) -%}
    {{ return(candidate_before() ~ '.' ~ schema ~ '.' ~ table) }}
{%- endmacro %}


{# The rows that only one of two candidates has: those of this one, and those of the one before. #}
{% macro differing_rows(relation, columns) -%}
    {%- set sides = [relation, before(relation.schema, relation.identifier)] -%}
    {%- for here, there in [sides, sides | reverse | list] %}
    (
        select {{ columns | join(', ') }} from {{ here }}
        except
        select {{ columns | join(', ') }} from {{ there }}
    )
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#
    One number for the values of a group's rows, whatever their order; to be named rows_fingerprint. It
    is compared with numbers of the same engine only.
#}
{% macro rows_fingerprint(columns) -%}
    {{ return(adapter.dispatch('rows_fingerprint')(columns)) }}
{%- endmacro %}

{% macro duckdb__rows_fingerprint(columns) -%}
    bit_xor(hash({{ columns | join(', ') }}))
{%- endmacro %}

{% macro spark__rows_fingerprint(columns) -%}
    bit_xor(xxhash64({{ columns | join(', ') }}))
{%- endmacro %}


{# Whether rows from one day to another touch days that changed, written out so that scans skip the rest. #}
{% macro touches_days(changed_days, first, last) -%}
    {%- set ranges = run_query("select first_day, last_day from " ~ changed_days ~ " order by first_day") -%}
    {%- set conditions = [] -%}
    {%- for first_day, last_day in ranges -%}
        {%- do conditions.append(
            "(" ~ first ~ " <= date '" ~ last_day ~ "' and " ~ last ~ " >= date '" ~ first_day ~ "')"
        ) -%}
    {%- endfor -%}
    {{ return("(" ~ (conditions | join(' or ') or 'false') ~ ")") }}
{%- endmacro %}


{# Build anew what of a table touches changed days, and leave the rest as the candidate before had it. #}
{% macro continue_table(relation, compiled_code, continued) -%}
    {%- set touched = touches_days(ref(continued.changed_days), continued.first, continued.last) -%}
    delete from {{ relation }} where {{ touched }};
    insert into {{ relation }} by name
    select * from (
        {{ compiled_code }}
    ) as anew
    where {{ touched }}
{%- endmacro %}
