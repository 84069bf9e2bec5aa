{#
    Views and tables of a candidate on DuckDB. dbt's own are made to replace what people are reading:
    built under a second name, renamed, what was there dropped after. A candidate is a new file that
    nobody reads, where each of those steps costs as much as making a view.
#}
{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ make_way_for(relation) }}
        {{ get_create_view_as_sql(relation, sql) }}
    {%- endcall %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization table, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set continued = config.get('meta', {}).get('continued') -%}
    {%- set is_there = load_cached_relation(relation) is not none -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {%- if continued and is_there and candidate_before() %}
        {{ continue_table(relation, compiled_code, continued) }}
        {%- else %}
        {{ make_way_for(relation) }}
        {{ get_create_table_as_sql(False, relation, compiled_code) }}
        {%- endif %}
    {%- endcall %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{# Drop what has the name of a relation already, as in a file that somebody builds on by hand. #}
{% macro make_way_for(relation) -%}
    {%- set there = load_cached_relation(relation) -%}
    {%- if there is not none -%}
        drop {{ there.type }} {{ there }} cascade;
    {%- endif -%}
{%- endmacro %}
