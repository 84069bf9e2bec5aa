"""A British wholesaler's invoices: lines without a key, many repeated, and cancellations."""

from __future__ import annotations

import pytest
from real_project import Mart, RunExports, exactly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def retail(run_exports: RunExports) -> Mart:
    return run_exports("2011-06-27", "GBP", online_retail=["online_retail/online_retail.parquet"])


def test_the_invoices_are_released(retail: Mart) -> None:
    assert retail.outcome.status == "released", retail.outcome.reasons


def test_no_line_is_lost_although_identical_ones_are_many(retail: Mart) -> None:
    """240,007 lines, of which only 238,037 are different from each other."""
    assert retail.query("select count(*) from kpi_mart.fct_invoices") == [(240_007,)]


def test_invoiced_revenue_is_net_of_cancellations(retail: Mart) -> None:
    assert retail.kpi_over_years("invoiced_revenue") == exactly("4,275,143.931")


def test_invoices_and_cancellations_are_told_apart(retail: Mart) -> None:
    documents = retail.query(
        """select document_kind, count(distinct invoice_id) from kpi_mart.fct_invoices
        group by document_kind order by document_kind"""
    )

    assert documents == [("credit_note", 1_946), ("invoice", 12_468 - 1_946)]


def test_the_last_month_is_not_complete(retail: Mart) -> None:
    """The export ends on 26 June."""
    months = retail.query(
        """select strftime(period_start, '%Y-%m'), is_complete from kpi_mart.kpi_values
        where kpi = 'invoiced_revenue' and grain = 'month' and slice = 'total'
        order by period_start desc limit 2"""
    )

    assert months == [("2011-06", False), ("2011-05", True)]
