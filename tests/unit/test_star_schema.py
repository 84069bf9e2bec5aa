"""What tables for analysts declare: comments, a key, and money with its currency and rates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"

# Money without its own currency, rate and rate date, and why it can have none.
NOT_CONVERTED = {
    "fct_ad_breakdown": "held against an account's spend in the account's currency, over several "
    "days: at the rates of these days the levels would differ. fct_ad_performance is converted",
}
OF_OTHER_ROWS = {
    "fct_mrr_movements": "sums a customer's subscriptions, which may be in several currencies; "
    "fct_mrr_movement_changes has each",
    "fct_mrr_retention": "sums a customer's subscriptions; fct_subscription_mrr has each",
}
# Other sides of a row have a currency and rates of their own.
OWN_CURRENCY = {"market_salary_amount": "market_"}


def declared_models() -> Iterator[dict[str, Any]]:
    for file in sorted(MARTS.rglob("_*.yml")):
        said = yaml.safe_load(file.read_text("utf-8"))
        yield from said.get("models") or []


MODELS = {model["name"]: model for model in declared_models()}
STAR = sorted(name for name in MODELS if name.startswith(("fct_", "dim_")))


def columns(name: str) -> list[str]:
    return [column["name"] for column in MODELS[name]["columns"]]


def money(name: str) -> list[str]:
    """Columns of money in the currency of its row."""
    return [column for column in columns(name) if column.endswith("amount")]


def test_every_table_of_the_star_is_declared() -> None:
    written = {file.stem for file in MARTS.rglob("*.sql") if file.stem[:4] in ("fct_", "dim_")}
    assert written == set(STAR)
    assert len(written) > 40


@pytest.mark.parametrize("name", STAR)
def test_every_table_and_column_has_a_comment_and_a_type(name: str) -> None:
    model = MODELS[name]
    assert len(model["description"].split()) > 3
    bare = [c["name"] for c in model["columns"] if not c.get("description") or "data_type" not in c]
    assert bare == []


@pytest.mark.parametrize("name", STAR)
def test_every_table_has_a_key_of_its_own_columns(name: str) -> None:
    keys = [
        test["primary_key"]["arguments"]["columns"]
        for test in MODELS[name].get("data_tests") or []
        if "primary_key" in test
    ]
    assert len(keys) == 1
    assert set(keys[0]) <= set(columns(name))


@pytest.mark.parametrize("name", [name for name in STAR if money(name)])
def test_every_amount_has_currency_reporting_amount_rates_and_rate_date(name: str) -> None:
    if name in NOT_CONVERTED:
        assert "currency_code" in columns(name)
        assert not [c for c in columns(name) if c.endswith("_reporting")], "half converted"
        return
    has = set(columns(name))
    for amount in money(name):
        side = OWN_CURRENCY.get(amount, "")
        wanted = {f"{amount}_reporting", f"{side}currency_code", f"{side}fx_from_rate"}
        wanted |= {"fx_to_rate", "fx_rate_date"}
        assert wanted - has == set(), amount


@pytest.mark.parametrize("name", STAR)
def test_money_that_is_only_in_the_reporting_currency_is_made_of_other_rows(name: str) -> None:
    alone = [
        column
        for column in columns(name)
        if column.endswith("_reporting") and column.removesuffix("_reporting") not in columns(name)
    ]
    assert bool(alone) == (name in OF_OTHER_ROWS)


def test_every_exception_is_of_a_table_that_there_is() -> None:
    assert set(NOT_CONVERTED) | set(OF_OTHER_ROWS) <= set(STAR)
