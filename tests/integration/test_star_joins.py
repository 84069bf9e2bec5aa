"""Facts joined with dimensions on the example company: keys are keys, and no join changes a sum."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.serve import mart
from tests.integration.conftest import Company

pytestmark = pytest.mark.slow

CORE = Path(__file__).parents[2] / "dbt_project" / "models" / "marts" / "core"
MODELS: dict[str, dict[str, Any]] = {
    model["name"]: model
    for file in sorted(CORE.glob("_*.yml"))
    for model in yaml.safe_load(file.read_text("utf-8")).get("models") or []
}
FACTS = sorted(name for name in MODELS if name.startswith("fct_"))
DIMENSIONS = sorted(name for name in MODELS if name.startswith("dim_"))


def columns(name: str) -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in MODELS[name]["columns"]}


def key(name: str) -> list[str]:
    tests = [t["primary_key"] for t in MODELS[name]["data_tests"] if "primary_key" in t]
    named: list[str] = tests[0]["arguments"]["columns"]
    return named


def numbers(name: str) -> list[str]:
    return [
        column
        for column, kind in columns(name).items()
        if kind.split("(")[0] in ("decimal", "bigint", "integer") and column != "_row_number"
    ]


def joins() -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Every fact with every dimension that its columns can reach, as pairs of columns."""
    yield "fct_deals", "dim_customer", (("account_id", "customer_id"),)
    for fact in FACTS:
        has = columns(fact)
        for dimension in DIMENSIONS:
            keys = key(dimension)
            if dimension == "dim_date":
                for column in (c for c, kind in has.items() if kind == "date"):
                    yield fact, dimension, ((column, "date_day"),)
            elif dimension == "dim_account" and fact != "fct_ledger_entries":
                continue  # The account of an advertiser or of a CRM is none of the ledger's.
            elif set(keys) <= set(has):
                yield fact, dimension, tuple((column, column) for column in keys)


JOINS = sorted(set(joins()))


@pytest.fixture(scope="module")
def figures(company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        yield connection


def totals(figures: duckdb.DuckDBPyConnection, fact: str, joined: str = "") -> list[Decimal | int]:
    sums = "".join(f', sum(fact."{column}")' for column in numbers(fact))
    found = figures.execute(f"select count(*){sums} from kpi_mart.{fact} as fact {joined}")
    return list(found.fetchone() or ())


@pytest.mark.parametrize("name", [*FACTS, *DIMENSIONS])
def test_a_declared_key_is_in_every_row_and_in_no_two(
    figures: duckdb.DuckDBPyConnection, name: str
) -> None:
    keys = ", ".join(key(name))
    twice = f"select {keys} from kpi_mart.{name} group by all having count(*) > 1"
    empty = f"select {keys} from kpi_mart.{name} where concat_ws('', {keys}) = ''"
    missing = " or ".join(f"{column} is null" for column in key(name))
    assert figures.execute(twice).fetchall() == []
    assert figures.execute(empty).fetchall() == []
    assert figures.execute(f"select {keys} from kpi_mart.{name} where {missing}").fetchall() == []


@pytest.mark.parametrize(("fact", "dimension", "on"), JOINS)
def test_no_join_of_a_fact_with_a_dimension_changes_a_sum(
    figures: duckdb.DuckDBPyConnection,
    fact: str,
    dimension: str,
    on: tuple[tuple[str, str], ...],
) -> None:
    condition = " and ".join(f"fact.{left} = dimension.{right}" for left, right in on)
    joined = f"left join kpi_mart.{dimension} as dimension on {condition}"
    assert totals(figures, fact, joined) == totals(figures, fact)


def test_no_join_with_all_its_dimensions_at_once_changes_a_sum(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """Spend by day, channel, campaign and currency, as a dashboard asks for it."""
    joined = """
        left join kpi_mart.dim_date as days on fact.period_end = days.date_day
        left join kpi_mart.dim_channel as channels using (channel)
        left join kpi_mart.dim_campaign as campaigns
            on fact.platform = campaigns.platform and fact.campaign_id = campaigns.campaign_id
        left join kpi_mart.dim_currency as currencies using (currency_code)"""
    assert totals(figures, "fct_ad_performance", joined) == totals(figures, "fct_ad_performance")


def test_every_dimension_is_reached_by_some_fact() -> None:
    assert {dimension for _, dimension, _ in JOINS} == set(DIMENSIONS)


def test_a_dimension_with_a_row_twice_would_be_found(figures: duckdb.DuckDBPyConnection) -> None:
    doubled = """left join (
        select channel from kpi_mart.dim_channel union all select channel from kpi_mart.dim_channel
    ) as dimension on fact.channel = dimension.channel"""
    assert totals(figures, "fct_leads", doubled) != totals(figures, "fct_leads")
