"""The ad platforms' spend against the ledger's, on days and amounts written by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from pipelines.check.lineage import Lineage
from pipelines.check.reconcile import (
    AD_SPEND,
    check_reconciliations,
    compare,
    expected_reconciliations,
)

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
Amounts = dict[date, Decimal]


def daily(first: date, days: int, amount: str) -> Amounts:
    return {first + timedelta(days=n): Decimal(amount) for n in range(days)}


def booked_after(spent: Amounts, days: int) -> Amounts:
    return {day + timedelta(days=days): amount for day, amount in spent.items()}


def test_spend_that_is_booked_within_a_week_is_explained_by_timing() -> None:
    spent = daily(JANUARY, 59, "10")  # January 310, February 280

    january, february = compare(spent, booked_after(spent, 5), until=date(2026, 3, 5))

    # The ledger begins on 6 January: both sides are compared from then on, 26 days of spend.
    assert (january.left_amount, january.right_amount) == (Decimal(260), Decimal(260))
    assert (february.left_amount, february.right_amount) == (Decimal(540), Decimal(540))
    assert {january.verdict, february.verdict} == {"pass"}


def test_what_is_not_yet_booked_at_the_end_of_a_month_is_timing() -> None:
    spent = daily(JANUARY, 31, "10")
    booked = {day: amount for day, amount in spent.items() if day <= date(2026, 1, 26)}

    (january,) = compare(spent, booked, until=date(2026, 1, 31))

    assert (january.difference, january.timing, january.unexplained) == (50, 50, 0)
    assert january.verdict == "pass"


def test_more_than_a_week_of_spend_that_is_not_booked_is_unexplained() -> None:
    spent = daily(JANUARY, 31, "10")
    booked = {day: amount for day, amount in spent.items() if day <= date(2026, 1, 21)}

    (january,) = compare(spent, booked, until=date(2026, 1, 31))

    # 100 are not booked; the last seven days were 70; 30 is above 1 + 0.5 % of 310 = 2.55.
    assert (january.timing, january.unexplained, january.tolerance) == (70, 30, Decimal("2.55"))
    assert january.verdict == "fail"


def test_f068_spend_that_is_booked_twice_is_unexplained_at_once() -> None:
    spent = daily(JANUARY, 31, "10")
    booked = {day: amount * 2 for day, amount in spent.items()}

    (january,) = compare(spent, booked, until=date(2026, 1, 31))

    assert (january.difference, january.timing, january.verdict) == (-310, 0, "fail")


@pytest.mark.parametrize(("off", "verdict"), [("2.55", "pass"), ("2.56", "fail")])
def test_f068_the_tolerance_is_one_and_half_a_percent_of_the_month(off: str, verdict: str) -> None:
    spent = daily(JANUARY, 31, "10")
    booked = {**spent, JANUARY: Decimal(10) + Decimal(off)}

    (january,) = compare(spent, booked, until=date(2026, 1, 31))

    assert january.verdict == verdict


def test_a_fault_of_one_month_shows_in_that_month_and_stays() -> None:
    spent = daily(JANUARY, 59, "10")
    booked = {**spent, date(2026, 2, 3): Decimal(110)}

    january, february = compare(spent, booked, until=date(2026, 2, 28))

    assert (january.verdict, february.verdict) == ("pass", "fail")
    assert february.unexplained == -100


def test_a_month_that_is_not_over_is_not_judged() -> None:
    spent = daily(JANUARY, 31, "10")

    assert compare(spent, spent, until=date(2026, 1, 30)) == []


def test_what_an_older_ledger_booked_before_is_explained_at_the_beginning() -> None:
    spent = daily(FEBRUARY, 28, "10")
    older = booked_after(daily(JANUARY, 59, "10"), 3)  # knows the spend of January too

    (february,) = compare(spent, older, until=date(2026, 2, 28))

    assert february.verdict == "pass"


def test_a_month_that_ends_inside_a_reported_period_is_judged_with_the_next() -> None:
    """20 a day are booked; of 26 January to 8 February the platform only says 280 together."""
    by_day = daily(JANUARY, 59, "20")
    period = (date(2026, 1, 26), date(2026, 2, 8))
    spent = {day: amount for day, amount in by_day.items() if not period[0] <= day <= period[1]}
    spent[period[1]] = Decimal(280)

    (february,) = compare(spent, by_day, date(2026, 2, 28), [period])

    assert (february.period_start, february.verdict) == (FEBRUARY, "pass")
    assert (february.left_amount, february.difference) == (Decimal(1180), Decimal(0))


def test_comparing_begins_after_a_period_that_one_side_knows_in_part() -> None:
    """The ledger begins on the 10th, in the middle of a week of 140."""
    booked = daily(date(2026, 1, 10), 22, "20")
    spent = {date(2026, 1, 11): Decimal(140), **daily(date(2026, 1, 12), 20, "20")}

    (january,) = compare(spent, booked, date(2026, 1, 31), [(date(2026, 1, 5), date(2026, 1, 11))])

    assert (january.period_start, january.left_amount) == (date(2026, 1, 12), Decimal(400))
    assert january.difference == 0


@pytest.fixture
def candidate() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema kpi_mart;
            create table kpi_mart.fct_ad_performance as
                select date '2026-01-01' + cast(n as integer) as period_start,
                    date '2026-01-01' + cast(n as integer) as period_end,
                    'google_ads' as platform,
                    cast(10 as decimal(28,6)) as spend_amount_reporting
                from range(31) as days(n);
            create table kpi_mart.fct_ledger_entries as
                select date '2026-01-01' + cast(n as integer) as posting_date, '6200' as account_id,
                    'Google Ads' as account_name, 'sales_marketing' as account_function,
                    cast(10 as decimal(28,6)) as debit_amount_reporting,
                    cast(null as decimal(28,6)) as credit_amount_reporting
                from range(31) as days(n)
                union all
                select date '2026-01-31', '6100', 'Salaries', 'sales_marketing', 999, null;
            """
        )
        yield connection


def test_two_sources_that_agree_pass(candidate: duckdb.DuckDBPyConnection) -> None:
    (found,) = check_reconciliations(candidate, Lineage({}))

    assert (found.verdict, found.severity) == ("pass", "block")
    assert found.evidence["periods"] == [
        {
            "name": "ad_spend",
            "period_start": "2026-01-01",
            "period_end": "2026-01-31",
            "left_amount": "310.000000",
            "right_amount": "310.000000",
            "difference": "0.000000",
            "timing": "0.000000",
            "unexplained": "0.000000",
            "tolerance": "2.55",
            "verdict": "pass",
        }
    ]
    assert expected_reconciliations(candidate) == [AD_SPEND]


def test_f068_two_sources_that_disagree_stop_the_release(
    candidate: duckdb.DuckDBPyConnection,
) -> None:
    candidate.execute("update kpi_mart.fct_ad_performance set spend_amount_reporting = 20")

    (found,) = check_reconciliations(candidate, Lineage({}))

    assert found.stops_release
    assert found.sample == ("2026-01: 170.00 unexplained",)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from kpi_mart.fct_ad_performance",
        "delete from kpi_mart.fct_ledger_entries",
        "delete from kpi_mart.fct_ledger_entries where account_id = '6200'",
        "update kpi_mart.fct_ad_performance set spend_amount_reporting = null",
        "drop table kpi_mart.fct_ledger_entries",
    ],
)
def test_where_a_side_has_no_data_nothing_is_asked_and_nothing_expected(
    candidate: duckdb.DuckDBPyConnection, statement: str
) -> None:
    candidate.execute(statement)

    assert check_reconciliations(candidate, Lineage({})) == []
    assert expected_reconciliations(candidate) == []
