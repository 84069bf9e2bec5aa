{#
    num / den, exact, rounded once and half away from zero to six decimals; decimal(38,6).
    NULL where the denominator is 0 or absent.

    `num` and `den` are decimals with at most `unit_scale` decimals; further ones would be lost.
    Holds while |num| * 10^(unit_scale + 6) * 2 < 1.7e38; beyond that the query fails.
    DuckDB's own decimal division goes through DOUBLE and is wrong in the sixth decimal.
#}
{% macro kpi_ratio(num, den, unit_scale=2, out_scale=6) -%}
    {%- if out_scale != 6 -%}
        {{ exceptions.raise_compiler_error(
            "kpi_ratio is proven for six decimals only, not for " ~ out_scale
        ) }}
    {%- endif -%}
    {{ return(adapter.dispatch('kpi_ratio')(num, den, unit_scale, out_scale)) }}
{%- endmacro %}

{% macro duckdb__kpi_ratio(num, den, unit_scale, out_scale) -%}
    {%- set unit = 10 ** unit_scale -%}
    {#- Widened first: a narrow decimal times an integer stays narrow, and overflows. -#}
    {%- set wide = "decimal(38, " ~ unit_scale ~ ")" -%}
    {%- set num_units = "cast(cast(abs(" ~ num ~ ") as " ~ wide ~ ") * " ~ unit ~ " as hugeint)" -%}
    {%- set den_units = "cast(cast(abs(" ~ den ~ ") as " ~ wide ~ ") * " ~ unit ~ " as hugeint)" -%}
    case when ({{ den }}) = 0 then null else cast(
        (case when (({{ num }}) < 0) <> (({{ den }}) < 0) then -1 else 1 end)
        * cast(
            ({{ 2 * 10 ** out_scale }} * {{ num_units }} + {{ den_units }})
            // (2 * {{ den_units }})
        as decimal(38, 0))
    as decimal(38, 0)) * cast(0.000001 as decimal(7, 6)) end
{%- endmacro %}

{% macro spark__kpi_ratio(num, den, unit_scale, out_scale) -%}
    {%- set unit = 10 ** unit_scale -%}
    cast(
        cast(({{ num }}) * {{ unit }} as decimal(38, 0))
        / nullif(cast(({{ den }}) * {{ unit }} as decimal(38, 0)), 0)
    as decimal(38, 6))
{%- endmacro %}

{#
    What a part of equal ones carries of that which rounding left over, in millionths: the first parts
    carry one each, up or down, until nothing is left.
#}
{% macro left_over_millionth(place, left_over) -%}
    {%- set millionth = "cast(0.000001 as decimal(7, 6))" -%}
    case
        when cast({{ place }} as decimal(9, 0)) * {{ millionth }} > abs({{ left_over }}) then 0
        when {{ left_over }} > 0 then {{ millionth }}
        else -{{ millionth }}
    end
{%- endmacro %}
