{#
    An amount in the reporting currency: amount * to_rate / from_rate, rounded once and half away
    from zero to six decimals; decimal(28,6). Both rates are units of a currency for one unit of the
    base. Up to the one division everything is exact, in whole millionths and hundred-millionths.
#}
{% macro convert_amount(amount, from_rate, to_rate) -%}
    {{ return(adapter.dispatch('convert_amount')(amount, from_rate, to_rate)) }}
{%- endmacro %}

{% macro duckdb__convert_amount(amount, from_rate, to_rate) -%}
    {%- set base_units = duckdb_whole_units(from_rate, 8) -%}
    case
        when ({{ from_rate }}) = ({{ to_rate }}) then cast({{ amount }} as decimal(28, 6))
        else cast(
            cast(
                (case when ({{ amount }}) < 0 then -1 else 1 end)
                * (
                    (
                        2 * {{ duckdb_whole_units(amount, 6) }} * {{ duckdb_whole_units(to_rate, 8) }}
                        + {{ base_units }}
                    )
                    // (2 * {{ base_units }})
                )
            as decimal(38, 0)) * cast(0.000001 as decimal(7, 6))
        as decimal(28, 6))
    end
{%- endmacro %}

{#
    How many units of the last decimal an absolute decimal has, as a hugeint. Whole part and fraction
    are taken apart: casting a wide decimal to fewer decimals divides, and costs twenty times as much.
#}
{% macro duckdb_whole_units(value, decimals) -%}
    {%- set whole = "floor(abs(" ~ value ~ "))" -%}
    (
        cast({{ whole }} as hugeint) * {{ 10 ** decimals }}
        + cast(
            cast(abs({{ value }}) - {{ whole }} as decimal(18, {{ decimals }})) * {{ 10 ** decimals }}
        as hugeint)
    )
{%- endmacro %}

{% macro spark__convert_amount(amount, from_rate, to_rate) -%}
    {%- set amount_units = "cast((" ~ amount ~ ") * 1000000 as decimal(19, 0))" -%}
    {%- set rate_units = "cast((" ~ to_rate ~ ") * 100000000 as decimal(19, 0))" -%}
    {%- set base_units = "cast((" ~ from_rate ~ ") * 100000000 as decimal(19, 0))" -%}
    cast({{ kpi_ratio(
        "cast(" ~ amount_units ~ " * " ~ rate_units ~ " as decimal(38, 0))",
        "cast(" ~ base_units ~ " * 1000000 as decimal(38, 0))",
        unit_scale=0
    ) }} as decimal(28, 6))
{%- endmacro %}
