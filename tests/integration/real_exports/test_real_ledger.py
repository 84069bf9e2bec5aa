"""AdventureWorks' ledger: files without header, separated by bars, with negative amounts."""

from __future__ import annotations

import pytest
from real_project import Mart, RunExports, exactly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adventureworks(run_exports: RunExports) -> Mart:
    return run_exports(
        "2014-01-01",
        "USD",
        adventureworks=["adventureworks/FactFinance.csv", "adventureworks/DimAccount.csv"],
    )


def test_the_ledger_is_released(adventureworks: Mart) -> None:
    assert adventureworks.outcome.status == "released", adventureworks.outcome.reasons


def test_revenue_and_cost_of_all_years_are_those_of_the_actual_scenario(
    adventureworks: Mart,
) -> None:
    """The budget, 25,354,800 of revenue more, stays out."""
    assert adventureworks.kpi_over_years("revenue") == exactly("108,762,970.02")
    assert adventureworks.kpi_over_years("cost") == exactly("88,082,349.16")


def test_revenue_and_cost_of_one_year(adventureworks: Mart) -> None:
    assert adventureworks.kpi("revenue", "year", "2012-01-01") == exactly("37,744,171.78")
    assert adventureworks.kpi("cost", "year", "2012-01-01") == exactly("30,829,134.40")


def test_quarters_add_up_to_their_year(adventureworks: Mart) -> None:
    quarters = [
        adventureworks.kpi("revenue", "quarter", f"2012-{month:02}-01") for month in (1, 4, 7, 10)
    ]

    assert sum(quarters) == exactly("37,744,171.78")


def test_every_line_of_both_files_landed(adventureworks: Mart) -> None:
    landings = adventureworks.query(
        "select table_name, rows_in_file, rows_landed from kpi_mart.landings order by table_name"
    )

    assert landings == [
        ("adventureworks__accounts", 99, 99),
        ("adventureworks__finance_facts", 39_409, 39_409),
    ]
