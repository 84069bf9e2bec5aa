"""The forecast of open deals, on paper. The run's day is 11 March 2026."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.integration.small_mart import SmallMart, build_marts

pytestmark = pytest.mark.slow

DEALS = """
create or replace table kpi_mart.fct_deals as
select
    deal_id, close_date, is_open, owner, stage, currency_code,
    cast(amount as decimal(18, 6)) as amount,
    cast(reporting as decimal(28, 6)) as amount_reporting,
    cast(probability as decimal(9, 6)) as probability
from (values
    ('a', date '2026-04-02', true, 'anna', 'Offer', 'EUR', 1000.00, 1000.00, 0.25),
    ('b', date '2026-04-30', true, 'anna', 'Offer', 'EUR', 200.10, 200.10, 0.333333),
    -- Nobody says how likely it is, or what it is worth.
    ('c', date '2026-04-15', true, 'anna', 'Offer', 'EUR', 70, 70, null),
    ('d', date '2026-04-16', true, 'anna', 'Offer', 'EUR', null, null, 0.5),
    ('e', date '2026-04-16', true, 'bert', 'Offer', 'USD', 500, 400, 0.9),
    -- Expected yesterday, and today; far beyond the days that are known; and on no day.
    ('f', date '2026-03-10', true, 'bert', 'Talks', 'EUR', 10, 10, 0.1),
    ('g', date '2026-03-11', true, 'bert', 'Talks', 'EUR', 20, 20, 0.1),
    ('h', date '2031-12-31', true, 'bert', 'Talks', 'EUR', 30, 30, 1),
    ('i', null, true, 'unknown', null, 'EUR', 40, 40, 0),
    ('j', date '2026-04-02', false, 'anna', 'Closed', 'EUR', 9999, 9999, 1)
) as t (deal_id, close_date, is_open, owner, stage, currency_code, amount, reporting, probability);
"""


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> SmallMart:
    return build_marts(tmp_path_factory.mktemp("forecast"), DEALS, ["pipeline_forecast"])


def test_open_deals_are_weighted_by_the_month_they_are_expected_in(forecast: SmallMart) -> None:
    """1000 * 0.25 + 200.10 * 0.333333 = 250 + 66.699933; 400 * 0.9 = 360."""
    rows = forecast.asked(
        """select close_month_start_date, is_overdue, owner, stage, currency_code, deal_count,
            amount, amount_reporting, weighted_amount, weighted_amount_reporting
        from kpi_mart.pipeline_forecast
        order by close_month_start_date nulls last, is_overdue desc, owner"""
    )
    assert [row[:6] for row in rows] == [
        (date(2026, 3, 1), True, "bert", "Talks", "EUR", 1),
        (date(2026, 3, 1), False, "bert", "Talks", "EUR", 1),
        (date(2026, 4, 1), False, "anna", "Offer", "EUR", 4),
        (date(2026, 4, 1), False, "bert", "Offer", "USD", 1),
        (date(2031, 12, 1), False, "bert", "Talks", "EUR", 1),
        (None, False, "unknown", "unknown", "EUR", 1),
    ]
    assert [row[6:] for row in rows] == [
        tuple(Decimal(amount) for amount in amounts)
        for amounts in (
            ("10", "10", "1", "1"),
            ("20", "20", "2", "2"),
            ("1270.10", "1270.10", "316.699933", "316.699933"),
            ("500", "400", "450", "360"),
            ("30", "30", "30", "30"),
            ("40", "40", "0", "0"),
        )
    ]


def test_deals_without_a_probability_or_an_amount_are_counted_apart(forecast: SmallMart) -> None:
    assert forecast.asked(
        """select deal_count_without_amount, deal_count_without_probability,
            amount_without_probability, amount_without_probability_reporting
        from kpi_mart.pipeline_forecast where owner = 'anna'"""
    ) == [(1, 1, Decimal(70), Decimal(70))]
    assert forecast.asked(
        """select sum(deal_count), sum(deal_count_without_amount),
            sum(deal_count_without_probability)
        from kpi_mart.pipeline_forecast"""
    ) == [(9, 1, 1)]
