"""Figures that are wrong in what people use today, each with the rows that make it wrong there.

Everything is added up by hand from `known_wrong_facts.sql`; every docstring names the wrong figure.
What other tests show already is not repeated: `SHOWN_ELSEWHERE` says where.
"""

from __future__ import annotations

import ast
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shared_work import made_once

from models.contract import load_contracts
from pipelines.land.facts import write_scorecards
from tests.dbt_builds import dbt

ROOT = Path(__file__).parents[2]
FACTS = (
    "kpi_case_facts.sql",
    "kpi_case_facts_families.sql",
    "known_wrong_facts.sql",
    "kpi_case_facts_in_currencies.sql",
)
# From what is landed to the facts that the wrong figures come of, and all KPIs on them.
BUILT = """
    int_finance__subscriptions_priced int_finance__paying_islands dim_customer
    fct_subscription_mrr fct_mrr_movements fct_customer_changes fct_customer_churn
    fct_deals fct_pipeline_changes fct_ad_performance path:models/marts/kpi
""".split()
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)

SHOWN_ELSEWHERE = {
    "a total that differs by the report's grain": (
        "test_one_money_once.py",
        "test_every_level_and_what_is_unallocated_there_make_the_accounts_spend",
    ),
    "money of one account counted at two levels": (
        "test_one_money_once.py",
        "test_f099_campaigns_ads_and_search_terms_of_one_account_are_spent_once",
    ),
    "a figure that does not match the source": (
        "test_kpi_cases.py",
        "test_every_figure_is_explained_to_the_last_digit",
    ),
    "half a day judged as a whole one": (
        "test_kpi_cases.py",
        "test_the_scorecard_judges_the_last_complete_period",
    ),
    "a return of (gain - cost) / cost without its parentheses": (
        "test_kpi_cases.py",
        "test_a_kpi_is_what_it_is_on_paper",
    ),
    "bad data that is visible when the check fails": (
        "test_bad_exports_and_the_release.py",
        "test_f059_a_currency_without_a_rate_holds_the_release_and_names_currency_and_day",
    ),
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The facts and KPIs that dbt makes of the rows, built once."""

    def make(folder: Path) -> None:
        with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
            for facts in FACTS:
                connection.execute((Path(__file__).parent / facts).read_text("utf-8"))
            write_scorecards(connection, [])
        done = dbt("run", folder / "candidate.duckdb", BUILT, "2026-03-11")
        assert done.returncode == 0, done.stdout[-4000:]

    return made_once(tmp_path_factory, "known_wrong_figures", make) / "candidate.duckdb"


def asked(mart: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(mart), read_only=True) as connection:
        return connection.execute(sql, list(values)).fetchall()


def figure(
    mart: Path,
    kpi: str,
    slice_: str = "total",
    slice_value: str = "",
    start: date = FEBRUARY,
    grain: str = "month",
) -> Decimal | None:
    rows = asked(
        mart,
        """select value from kpi_mart.kpi_values where kpi = ? and grain = ? and period_start = ?
           and slice = ? and slice_value = ?""",
        kpi, grain, start, slice_, slice_value,
    )  # fmt: skip
    assert len(rows) == 1, (kpi, grain, start, slice_, slice_value, rows)
    value: Decimal | None = rows[0][0]
    return value


def test_the_win_rate_of_an_owner_who_won_everything_is_one(mart: Path) -> None:
    """0 where nothing lost is NULL in `won / (won + lost)`; who only lost has 0, and no NULL."""
    assert figure(mart, "win_rate", "owner", "anna") == 1
    assert figure(mart, "win_rate", "owner", "cleo") == 0


def test_the_win_rate_of_a_manager_is_of_all_deals_that_the_team_closed(mart: Path) -> None:
    """150 % where 3 wins are divided by the 2 closed deals that have an amount; here 3 of 4."""
    assert figure(mart, "win_rate", "owner", "ben") == Decimal("0.75")


def test_wins_of_nobody_are_in_the_total_win_rate_and_have_a_row_of_their_own(mart: Path) -> None:
    """3 of 4, 2 of 2, 0 of 1 and 1 of 1 are 6 of 8; an owner that is NULL joins to nothing."""
    assert figure(mart, "win_rate", "owner", "unknown") == 1
    assert figure(mart, "win_rate") == Decimal("0.75")
    assert figure(mart, "won_deals") == 6


def test_days_to_close_run_from_creation_to_closing(mart: Path) -> None:
    """-10 days where the later day is taken from the earlier one."""
    days = asked(mart, "select deal_id, sales_cycle_days from kpi_mart.fct_deals where is_won")
    # d6 was entered after it was closed: of it nobody knows how long it took.
    assert dict(days) == {"d1": 10, "d2": 20, "d4": 10, "d5": 10, "d6": None, "d10": 10}
    assert figure(mart, "sales_cycle_days") == 10  # in the middle of 10, 10, 10, 10 and 20


def test_a_rate_is_divided_after_its_parts_are_added(mart: Path) -> None:
    """999.95 where `1000 - 50 / 1000` lacks its parentheses."""
    assert figure(mart, "bounce_rate") == Decimal("0.05")
    assert figure(mart, "ctr", "platform", "google_ads") == Decimal("0.05")


def test_a_total_of_ratios_is_divided_once(mart: Path) -> None:
    """0.15 where 0.05 and 0.1 are added, 0.075 where they are averaged; 60 of 1100 were clicks."""
    assert figure(mart, "ctr", "platform", "meta_ads") == Decimal("0.1")
    assert figure(mart, "ctr") == Decimal("0.054545")


def test_a_customer_who_leaves_is_churned_and_who_comes_back_is_reactivated(mart: Path) -> None:
    """0 of both for ever where a month without MRR has no row to compare with."""
    assert figure(mart, "new_mrr", start=JANUARY) == Decimal("195.625")  # 100 + 45.625 + 50
    assert figure(mart, "churned_mrr") == -100
    assert figure(mart, "churned_customers") == 1
    assert figure(mart, "customer_churn_rate") == Decimal("0.333333")  # c1 of three
    assert figure(mart, "reactivation_mrr", start=MARCH) == 100
    assert figure(mart, "new_mrr", start=MARCH) == 0


def test_what_is_paid_by_the_day_is_worth_365_days_a_year(mart: Path) -> None:
    """0 MRR where only months and years are known: 2 seats * 0.75 * 365 / 12 is 45.625."""
    mrr = "select mrr_amount from kpi_mart.fct_subscription_mrr where subscription_id = 's3'"
    assert asked(mart, mrr) == [(Decimal("45.625"),)]
    assert figure(mart, "mrr") == Decimal("95.625")  # and 54 dollars, which are 50 euros


def test_cost_and_value_are_of_one_currency(mart: Path) -> None:
    """2.31 where 500 euros of value stand over 216 dollars of cost."""
    assert figure(mart, "ad_spend", "platform", "meta_ads") == 200  # 216 / 1.08
    assert figure(mart, "ad_conversion_value", "platform", "meta_ads") == 500  # 540 / 1.08
    assert figure(mart, "roas", "platform", "meta_ads") == Decimal("2.5")


def test_money_of_two_currencies_is_added_in_one(mart: Path) -> None:
    """316 of spend, 376 won and a return of 2.18 where dollars are added to euros."""
    assert figure(mart, "ad_spend") == 300  # 100 + 200
    assert figure(mart, "roas") == Decimal("2.166667")  # (150 + 500) / 300
    assert figure(mart, "won_amount") == 360  # 100 + 216 / 1.08 + 50 + 10


def test_a_rate_of_exchange_makes_no_movement_of_mrr(mart: Path) -> None:
    """-6.80 of contraction where 54 dollars are 50 euros and then, at 1.25, 43.20."""
    assert figure(mart, "contraction_mrr", start=MARCH) == 0
    assert figure(mart, "mrr", start=MARCH) == Decimal("195.625")


def test_a_sale_that_two_platforms_claim_was_made_once(mart: Path) -> None:
    """2 sales where claims are added; each way of attributing d1 gives it away once."""
    claims = """select sum(claimed_conversions), sum(verified_deals_first_touch),
                sum(verified_deals_last_touch), sum(verified_deals_linear)
                from kpi_mart.ad_conversion_claims
                where grain = 'month' and period_start = ? and platform <> 'unknown'"""
    assert asked(mart, claims, FEBRUARY) == [(2, 1, 1, 1)]


def test_customers_of_a_quarter_are_not_those_of_its_months_added(mart: Path) -> None:
    """8 where the ends of January, February and March are added: three pay at the last one."""
    months = [figure(mart, "paying_customers", start=m) for m in (JANUARY, FEBRUARY, MARCH)]
    assert months == [3, 2, 3]
    assert figure(mart, "paying_customers", start=JANUARY, grain="quarter") == 3


def test_reach_and_frequency_are_nowhere_where_they_could_be_added(mart: Path) -> None:
    """10 persons where 6 of Monday and 4 of Tuesday are added, whoever they are."""
    contracts = load_contracts(ROOT / "models" / "contracts")
    landed = {c.name for s in contracts.values() for c in s.columns}
    assert {"reach", "frequency"} <= landed, "platforms say it, so it has to be left out"
    manifest = json.loads((mart.parent / "target" / "manifest.json").read_text("utf-8"))
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    offered = [
        (node["name"], column)
        for node in models
        if node["schema"] == "kpi_mart"
        for column in node["columns"]
        if {"reach", "frequency"} & set(column.split("_"))
    ]
    assert offered == []
    assert len(models) > 100


@pytest.mark.parametrize("wrong", sorted(SHOWN_ELSEWHERE))
def test_what_is_shown_elsewhere_is_there(wrong: str) -> None:
    module, name = SHOWN_ELSEWHERE[wrong]
    tree = ast.parse((Path(__file__).parent / module).read_text("utf-8"))
    assert [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith(name)]


@pytest.mark.parametrize("table", ["kpi_scorecards", "kpi_scorecard_measures", "kpi_objectives"])
def test_where_no_scorecard_is_declared_nothing_is_scored(mart: Path, table: str) -> None:
    with duckdb.connect(str(mart), read_only=True) as connection:
        assert connection.execute(f"select count(*) from kpi_mart.{table}").fetchall() == [(0,)]
