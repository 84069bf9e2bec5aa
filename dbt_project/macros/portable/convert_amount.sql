{#
    An amount in the reporting currency: amount * to_rate / from_rate, rounded once and half away
    from zero to six decimals; decimal(28,6). Both rates are units of a currency for one unit of the
    base. Up to the one division the product is exact, in whole millionths and hundred-millionths.
#}
{% macro convert_amount(amount, from_rate, to_rate) -%}
    {#- Widened first: a narrow decimal times an integer stays narrow, and overflows. -#}
    {%- set millionths = "cast((" ~ amount ~ ") as decimal(38, 6)) * 1000000" -%}
    {%- set rate_units = "cast((" ~ to_rate ~ ") as decimal(38, 8)) * 100000000" -%}
    {%- set base_units = "cast((" ~ from_rate ~ ") as decimal(38, 8)) * 100000000" -%}
    cast({{ kpi_ratio(
        "cast(cast(" ~ millionths ~ " as decimal(19, 0))"
        ~ " * cast(" ~ rate_units ~ " as decimal(19, 0)) as decimal(38, 0))",
        "cast(cast(" ~ base_units ~ " as decimal(19, 0)) * 1000000 as decimal(38, 0))",
        unit_scale=0
    ) }} as decimal(28, 6))
{%- endmacro %}
