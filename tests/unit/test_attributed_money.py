"""The check that all won money is attributed once, asked of parts that are wrong in one place."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

QUESTION = (
    Path(__file__).parents[2]
    / "dbt_project"
    / "tests"
    / "assert_all_won_money_is_attributed_once.sql"
)
DEALS = """
    create table fct_deals as select * from (values
        ('d1', true, 'USD', 110.00::decimal(18, 6), 100.00::decimal(28, 6)),
        ('d2', true, 'EUR', 50.15, 50.15), ('d3', false, 'EUR', 70, 70),
        ('d4', true, 'EUR', null, null)
    ) as t (deal_id, is_won, currency_code, amount, amount_reporting);
    create table fct_deal_attribution as select * from (values
        ('first_touch', 'd1', 'USD', 110::decimal(18, 6), 100::decimal(28, 6), 1::decimal(7, 6)),
        ('last_touch', 'd1', 'USD', 110, 100, 1),
        ('linear', 'd1', 'USD', 36.666666, 33.333334, 0.333334),
        ('linear', 'd1', 'USD', 36.666667, 33.333333, 0.333333),
        ('linear', 'd1', 'USD', 36.666667, 33.333333, 0.333333),
        ('first_touch', 'd2', 'EUR', 50.15, 50.15, 1),
        ('last_touch', 'd2', 'EUR', 50.15, 50.15, 1),
        ('linear', 'd2', 'EUR', 50.15, 50.15, 1)
    ) as t (
        attribution_model, deal_id, currency_code, attributed_amount, attributed_amount_reporting,
        attributed_deals
    );
"""


def asked(change: str) -> list[str]:
    """The deals that the check names, after one change of the parts."""
    text = re.sub(r"\{#.*?#\}", "", QUESTION.read_text("utf-8"), flags=re.DOTALL)
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", text)
    with duckdb.connect() as connection:
        connection.execute(DEALS)
        connection.execute(change)
        return sorted(row[0] for row in connection.execute(sql).fetchall())


def test_parts_that_are_each_deals_amount_by_every_model_are_no_finding() -> None:
    assert asked("select 1") == []


@pytest.mark.parametrize(
    ("change", "deal"),
    [
        ("update fct_deal_attribution set attributed_amount_reporting = 33.333333", "d1"),
        ("delete from fct_deal_attribution where attribution_model = 'last_touch'", "d2"),
        ("insert into fct_deal_attribution values ('linear', 'd2', 'EUR', 50.15, 50.15, 0)", "d2"),
        ("insert into fct_deal_attribution values ('linear', 'd3', 'EUR', 70, 70, 1)", "d3"),
        ("delete from fct_deal_attribution where deal_id = 'd2'", "d2"),
        ("update fct_deal_attribution set attributed_deals = 1", "d1"),
        ("update fct_deal_attribution set attributed_amount = 36.666667", "d1"),
        ("update fct_deal_attribution set attributed_amount = attributed_amount_reporting", "d1"),
        ("update fct_deal_attribution set currency_code = 'EUR'", "d1"),
        (
            "update fct_deal_attribution set currency_code = 'USD'"
            " where attribution_model = 'linear'",
            "d2",
        ),
    ],
    ids=[
        "a millionth short",
        "a model less",
        "money twice",
        "of a lost deal",
        "a deal left out",
        "a deal counted by each of its touches",
        "a millionth of its own currency too much",
        "the reporting amount for the original",
        "a currency that is not the deal's",
        "two currencies for one deal",
    ],
)
def test_money_that_is_given_twice_or_not_at_all_names_its_deal(change: str, deal: str) -> None:
    assert deal in asked(change)


@pytest.mark.parametrize("amount", ["attributed_amount", "attributed_amount_reporting"])
def test_one_cent_is_enough_in_either_currency(amount: str) -> None:
    cent = Decimal("0.01")
    less = f"""update fct_deal_attribution set {amount} = {amount} - {cent}
               where deal_id = 'd2' and attribution_model = 'linear'"""
    assert asked(less) == ["d2"]
