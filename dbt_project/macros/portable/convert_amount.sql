{#
    An amount in the reporting currency: amount * to_rate / from_rate, rounded once and half away from
    zero to six decimals; decimal(28,6). Both rates are units of a currency for one unit of the base.

    The product is taken in whole millionths and hundred-millionths, so that nothing is rounded before
    the one division.
#}
{% macro convert_amount(amount, from_rate, to_rate) -%}
    {%- set millionths = "cast(cast((" ~ amount ~ ") as decimal(38, 6)) * 1000000 as decimal(19, 0))" -%}
    {%- set rate_units = "cast(cast((" ~ to_rate ~ ") as decimal(38, 8)) * 100000000 as decimal(19, 0))" -%}
    {%- set base_units = "cast(cast((" ~ from_rate ~ ") as decimal(38, 8)) * 100000000 as decimal(19, 0)) * 1000000" -%}
    cast({{ kpi_ratio(
        "cast(" ~ millionths ~ " * " ~ rate_units ~ " as decimal(38, 0))",
        "cast(" ~ base_units ~ " as decimal(38, 0))",
        unit_scale=0
    ) }} as decimal(28, 6))
{%- endmacro %}
