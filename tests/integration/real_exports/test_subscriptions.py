"""RavenStack's subscriptions, a source of nobody's: MRR at the ends of three months."""

from __future__ import annotations

import pytest
from real_project import Mart, RunExports, exactly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ravenstack(run_exports: RunExports) -> Mart:
    return run_exports("2025-01-01", "USD", ravenstack=["ravenstack/ravenstack_subscriptions.csv"])


def test_the_subscriptions_are_released(ravenstack: Mart) -> None:
    assert ravenstack.outcome.status == "released", ravenstack.outcome.reasons


@pytest.mark.parametrize(
    ("month", "mrr"),
    [("2023-12-01", "1262113"), ("2024-06-01", "3833405"), ("2024-12-01", "10159608")],
)
def test_mrr_is_what_is_active_on_the_last_day(ravenstack: Mart, month: str, mrr: str) -> None:
    assert ravenstack.kpi("mrr", "month", month) == exactly(mrr)
    assert ravenstack.kpi("arr", "month", month) == 12 * exactly(mrr)


def test_slices_by_plan_add_up_to_the_whole(ravenstack: Mart) -> None:
    plans = ravenstack.query(
        """select slice_value, value from kpi_mart.kpi_values
        where (kpi, grain, slice) = ('mrr', 'month', 'plan') and period_start = date '2024-12-01'"""
    )

    assert {plan for plan, _ in plans} == {"Basic", "Pro", "Enterprise"}
    assert sum(value for _, value in plans) == exactly("10159608")


def test_a_trial_is_no_revenue_and_every_paid_subscription_starts_once(ravenstack: Mart) -> None:
    """778 trials; 13 others end on the day they start, and so were never active on any."""
    [(starts,)] = ravenstack.query(
        "select count(*) from kpi_mart.fct_subscription_mrr where change_kind = 'start'"
    )

    assert starts == 5000 - 778 - 13
