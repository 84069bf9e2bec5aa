"""What exchange rates make of a figure: on paper, on rows that move it, and on data that is wrong.

The rates and currencies are those of `kpi_case_facts_in_currencies.sql`: for 2026 one euro is 1.25
dollars, 0.80 pounds, 160 yen and 0.93 francs; for 2025 it is one dollar and 150 yen.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.slow

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SPLIT = "value, constant_currency_value, fx_effect"

# KPI, grain, first day; then value, constant-currency value and effect.
ON_PAPER: list[tuple[str, str, date, str, str, str]] = [
    # 1100 dollars: at 1.10, and at 1.25.
    ("revenue", "month", JANUARY, "1000", "880", "120"),
    # 1440.60 dollars at 1.20, less 85.2125 pounds at 0.85, and 300 euros: at the constant rates
    # 1152.48 - 106.515625 + 300.
    ("revenue", "month", FEBRUARY, "1400.25", "1345.964375", "54.285625"),
    ("revenue", "day", date(2026, 2, 20), "-100.25", "-106.515625", "6.265625"),
    ("revenue", "day", date(2026, 2, 22), "0", "0", "0"),
    # 500 dollars: at 1.00, and at 1.25.
    ("revenue", "month", MARCH, "500", "400", "100"),
    ("revenue", "quarter", JANUARY, "2900.25", "2625.964375", "274.285625"),
    ("revenue", "year", JANUARY, "2900.25", "2625.964375", "274.285625"),
    # All that is taken off is in euros: the effect is the income's.
    ("profit", "month", FEBRUARY, "530", "475.714375", "54.285625"),
    ("cost", "month", FEBRUARY, "800.25", "800.25", "0"),
    # Of 190.25 and 260.75 the 110 dollars, at 1.10, and later 144, at 1.20: 88 and 115.20 at 1.25.
    ("mrr", "month", JANUARY, "190.25", "178.25", "12"),
    ("mrr", "month", FEBRUARY, "260.75", "255.95", "4.8"),
    ("mrr", "day", date(2026, 2, 14), "240.75", "228.75", "12"),  # on the next day 110 leave
    ("mrr", "day", date(2026, 3, 10), "260.75", "255.95", "4.8"),  # nothing happens, all stands
    ("arr", "month", FEBRUARY, "3129", "3071.4", "57.6"),
    # 110 dollars leave at 1.10, 144 come at 1.20: 88 and 115.20 at 1.25. k2 and k4 pay euros.
    ("churned_mrr", "month", FEBRUARY, "-100", "-88", "-12"),
    ("reactivation_mrr", "month", FEBRUARY, "120", "115.2", "4.8"),
    ("new_mrr", "month", FEBRUARY, "50.5", "50.5", "0"),
    ("expansion_mrr", "month", FEBRUARY, "20", "20", "0"),
    # From 110 dollars at 1.10 to 96 at 1.20: 14 dollars less are 11.20 at 1.25.
    ("contraction_mrr", "month", FEBRUARY, "-20", "-11.2", "-8.8"),
    ("churned_mrr", "month", MARCH, "0", "0", "0"),
    # 28.341 francs at 0.94 are 30.15; at 0.93, rounded once, 30.474194. 7.7 dollars are of a week.
    ("ad_spend", "day", date(2026, 1, 10), "30.15", "30.474194", "-0.324194"),
    ("ad_spend", "day", date(2026, 1, 12), "0", "0", "0"),
    ("ad_spend", "week", date(2026, 1, 12), "7", "6.16", "0.84"),
    ("ad_spend", "month", JANUARY, "37.15", "36.634194", "0.515806"),
    # 2025 has the dollar's first rate, 1.00, and the yen's, 150; 2026 the yen's last one, 160.
    ("won_amount", "month", date(2025, 11, 1), "80", "100", "-20"),
    ("won_amount", "quarter", date(2025, 10, 1), "140", "164", "-24"),
    ("won_amount", "month", FEBRUARY, "1500.25", "1125.2125", "375.0375"),
]

NOT_COVERED = {
    "average_deal_size", "cac", "clv", "cost_per_lead", "cpa", "cpc", "cpm", "profit_per_sale",
    "revenue_per_customer", "sales_velocity", "traffic_value_per_post",
}  # fmt: skip


def asked(database: Path, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, values or []).fetchall()


@pytest.mark.parametrize(("kpi", "grain", "start", "value", "constant", "effect"), ON_PAPER)
def test_a_figure_is_split_as_on_paper(
    kpi_cases: Path, kpi: str, grain: str, start: date, value: str, constant: str, effect: str
) -> None:
    rows = asked(
        kpi_cases,
        f"""select {SPLIT} from kpi_mart.kpi_fx_effects
            where kpi = ? and grain = ? and period_start = ?""",
        [kpi, grain, start],
    )
    assert rows == [(Decimal(value), Decimal(constant), Decimal(effect))]


def test_every_kpi_of_money_is_split_or_has_a_reason_why_not(kpi_cases: Path) -> None:
    coverage = {
        kpi: (covered, reason)
        for kpi, covered, reason in asked(kpi_cases, "from kpi_mart.kpi_fx_coverage")
    }
    money = asked(kpi_cases, "select kpi from kpi_mart.dim_kpi where unit like 'money%'")
    assert set(coverage) == {kpi for (kpi,) in money}
    assert {kpi for kpi, (covered, _) in coverage.items() if not covered} == NOT_COVERED
    assert all((reason is None) == covered for covered, reason in coverage.values())
    split = asked(kpi_cases, "select distinct kpi from kpi_mart.kpi_fx_effects")
    assert {kpi for (kpi,) in split} == set(coverage) - NOT_COVERED


def test_every_period_of_a_figure_is_split(kpi_cases: Path) -> None:
    lacking = """
        select kpi, grain, period_start, value from kpi_mart.kpi_values
        where slice = 'total' and kpi in (select kpi from kpi_mart.kpi_fx_coverage where is_covered)
        except select kpi, grain, period_start, value from kpi_mart.kpi_fx_effects"""
    assert asked(kpi_cases, lacking) == []


Rebuilt = Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]


@pytest.fixture
def rebuilt(kpi_cases: Path, tmp_path: Path) -> Rebuilt:
    """The split of a copy whose data a statement has changed; the published figures stay."""
    compiled = kpi_cases.parent / "target" / "compiled" / "kpi_mart" / "models" / "marts" / "kpi"
    sql = (compiled / "kpi_fx_effects.sql").read_text("utf-8")

    @contextmanager
    def changed(statement: str) -> Iterator[duckdb.DuckDBPyConnection]:
        copy = tmp_path / kpi_cases.name
        shutil.copy(kpi_cases, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(statement)
            connection.execute(f"create or replace table kpi_mart.kpi_fx_effects as {sql}")
            yield connection

    return changed


@pytest.fixture
def check(kpi_cases: Path) -> str:
    """The test that blocks a release, as dbt asks it."""
    folder = kpi_cases.parent / "target" / "compiled" / "kpi_mart" / "tests"
    return (folder / "assert_fx_effects_add_up.sql").read_text("utf-8")


def test_the_check_of_the_split_blocks_a_release_and_was_asked(kpi_cases: Path) -> None:
    target = kpi_cases.parent / "target"
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    node = manifest["nodes"]["test.kpi_mart.assert_fx_effects_add_up"]
    assert node["config"]["severity"].lower() == "error"
    results = json.loads((target / "run_results.json").read_text("utf-8"))["results"]
    answers = {one["unique_id"]: one["status"] for one in results}
    assert answers["test.kpi_mart.assert_fx_effects_add_up"] == "pass"


WRONG: dict[str, tuple[str, set[str]]] = {
    "a converted amount that is not the original one at its rate": (
        "update kpi_mart.fct_deals set amount = 100020 where deal_id = 'd1'",
        {"won_amount"},
    ),
    "a rate beside an amount that was not the one used": (
        "update kpi_mart.fct_subscription_mrr set fx_from_rate = 1.11 where subscription_id = 's1'",
        {"mrr", "arr"},
    ),
    "changes of a movement that are not all there": (
        "delete from kpi_mart.fct_mrr_movement_changes where mrr_change = 96",
        {"contraction_mrr"},
    ),
    "a row that the figure has not": (
        "delete from kpi_mart.fct_ad_performance where ad_performance_id = 'p4'",
        {"ad_spend"},
    ),
    "two constant rates of one currency": (
        "insert into kpi_mart.kpi_constant_rates from kpi_mart.kpi_constant_rates "
        "where currency_code = 'JPY' and year_start_date = '2026-01-01'",
        {"won_amount"},
    ),
    "no constant rate of a currency": (
        "delete from kpi_mart.kpi_constant_rates where currency_code = 'CHF'",
        {"ad_spend", "ad_conversion_value"},
    ),
    "a published figure of another amount": (
        "update kpi_mart.kpi_values set value = value + 0.000001 where kpi = 'lost_amount'",
        {"lost_amount"},
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_split_of_wrong_data_does_not_add_up(rebuilt: Rebuilt, check: str, wrong: str) -> None:
    statement, kpis = WRONG[wrong]
    with rebuilt(statement) as connection:
        found = connection.execute(check).fetchall()
    assert {row[0] for row in found} == kpis


def test_a_split_of_unchanged_data_adds_up(rebuilt: Rebuilt, check: str) -> None:
    with rebuilt("select 1") as connection:
        assert connection.execute(check).fetchall() == []


def test_a_week_across_the_year_keeps_the_rates_of_the_year_that_it_begins_in(
    rebuilt: Rebuilt,
) -> None:
    """125 dollars of Friday, 2 January 2026: 125 at 2025's rate of 1.00, 100 at 2026's of 1.25."""
    with rebuilt(
        """insert into kpi_mart.fct_deals by name
           select * replace ('d9' as deal_id, date '2026-01-02' as close_date,
               'USD' as currency_code, 1.25 as fx_from_rate, 125 as amount, 100 as amount_reporting)
           from kpi_mart.fct_deals where deal_id = 'd1'"""
    ) as connection:
        assert cells_around_new_year(connection, "won_amount") == {
            **{("day", day): Decimal() for day in DAYS_AROUND_NEW_YEAR},
            ("day", date(2026, 1, 2)): Decimal(100),
            ("week", date(2025, 12, 29)): Decimal(125),
            ("week", date(2026, 1, 5)): Decimal(),
            ("month", JANUARY): Decimal(100),
        }


def test_what_stands_is_converted_at_the_rates_of_each_period_in_turn(rebuilt: Rebuilt) -> None:
    """125 dollars enter on 30 December: they are 125 up to the year's end, and 100 from then on."""
    with rebuilt(
        """insert into kpi_mart.fct_pipeline_changes by name
           select * replace ('d9|1' as pipeline_change_id, date '2025-12-30' as change_date,
               'USD' as currency_code, 1.25 as fx_from_rate, 125 as pipeline_amount,
               100 as pipeline_amount_reporting)
           from kpi_mart.fct_pipeline_changes where pipeline_change_id = 'd1|1';
           delete from kpi_mart.kpi_values where kpi = 'pipeline_value';
           insert into kpi_mart.kpi_values by name
           select * replace ('pipeline_value' as kpi) from kpi_mart.kpi_values
           where kpi = 'won_amount'"""
    ) as connection:
        assert cells_around_new_year(connection, "pipeline_value") == {
            ("day", date(2025, 12, 29)): Decimal(),
            ("day", date(2025, 12, 30)): Decimal(125),
            ("day", date(2025, 12, 31)): Decimal(125),
            **{("day", date(2026, 1, n)): Decimal(100) for n in range(1, 6)},
            ("week", date(2025, 12, 29)): Decimal(125),
            ("week", date(2026, 1, 5)): Decimal(100),
            ("month", JANUARY): Decimal("1100.10"),  # and d1, of the 20th, in euros
        }


DAYS_AROUND_NEW_YEAR = [date(2025, 12, 29) + timedelta(days=n) for n in range(8)]


def cells_around_new_year(
    connection: duckdb.DuckDBPyConnection, kpi: str
) -> dict[tuple[str, date], Decimal]:
    rows = connection.execute(
        """select grain, period_start, constant_currency_value from kpi_mart.kpi_fx_effects
           where kpi = ? and grain in ('day', 'week', 'month')
           and period_start between '2025-12-29' and '2026-01-05'""",
        [kpi],
    ).fetchall()
    return {(grain, start): value for grain, start, value in rows}
