"""Do two sources that know the same thing agree? The ad platforms' spend against the ledger's.

Belongs here: comparing totals across sources, and saying what part of a difference is only timing.
Does not belong here: rules inside one source (suites and dbt tests).

Months are compared cumulatively, because an invoice that is booked late is not missing: what was
spent in the last days before a month's end may still be unbooked, and no more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import duckdb

from pipelines.check.lineage import Lineage
from pipelines.check.result import CheckResult
from pipelines.document import plain

AD_SPEND = "reconcile:ad_spend"
BOOKING_DAYS = 7
"""Ledgers book an ad platform's day within a week (the example company: 2 to 5 days later)."""
TOLERANCE_AMOUNT = Decimal("1.00")
TOLERANCE_SHARE = Decimal("0.005")
"""Rounding per day and the bank's rate against the reference rate; measured differences of clean
sources stay below a tenth of it."""
CENT = Decimal("0.01")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reconciled:
    """One month of one reconciliation, cumulative from its first day."""

    name: str
    period_start: date
    period_end: date
    left_amount: Decimal
    right_amount: Decimal
    difference: Decimal
    timing: Decimal
    unexplained: Decimal
    tolerance: Decimal
    verdict: Literal["pass", "fail"]


def expected_reconciliations(candidate: duckdb.DuckDBPyConnection) -> list[str]:
    """The reconciliations for which both sides have data."""
    return [AD_SPEND] if ad_spend(candidate) else []


def check_reconciliations(
    candidate: duckdb.DuckDBPyConnection, lineage: Lineage
) -> list[CheckResult]:
    """Answer every reconciliation for which both sides have data."""
    months = ad_spend(candidate)
    tables = ("kpi_mart.fct_ad_performance", "kpi_mart.fct_ledger_entries")
    kpis = {kpi for table in tables for kpi in lineage.kpis_of_table(table)}
    return [_result(months).concerning(tuple(sorted(kpis)))] if months else []


def ad_spend(candidate: duckdb.DuckDBPyConnection) -> list[Reconciled]:
    """Spend as the ad platforms say it against the ledger's ad expense, month by month."""
    if not _has_tables(candidate, "fct_ad_performance", "fct_ledger_entries"):
        return []
    accounts = candidate.execute(AD_ACCOUNTS).fetchall()
    platforms = sorted({platform for _, platform in accounts})
    if not platforms:
        return []
    reported = candidate.execute(SPENT, [platforms]).fetchall()
    spent = _by_day([(last, amount) for _, last, amount in reported])
    periods = [(first, last) for first, last, _ in reported if first < last]
    booked = _by_day(candidate.execute(BOOKED, [sorted({a for a, _ in accounts})]).fetchall())
    last_posting = candidate.execute(
        "select max(posting_date) from kpi_mart.fct_ledger_entries"
    ).fetchone()
    if not spent or not booked or last_posting is None:
        return []
    return compare(spent, booked, min(max(spent), last_posting[0]), periods)


def compare(
    spent: dict[date, Decimal],
    booked: dict[date, Decimal],
    until: date,
    periods: Sequence[tuple[date, date]] = (),
) -> list[Reconciled]:
    """The complete months from the first day both sides know to `until`.

    Spend that is only known of several days (`periods`) stands on the last of them. A month that
    ends inside such a period is not compared: how much of it was spent by then, nobody knows.
    """
    begin = max(min([*spent, *(first for first, _ in periods)]), min(booked))
    for first, last in sorted(periods):
        if first < begin <= last:
            begin = last + ONE_DAY
    # At the beginning one side may still show what the other had before.
    opening = Decimal(0)
    if min(booked) < begin:
        opening += _between(booked, begin, begin + timedelta(days=BOOKING_DAYS - 1))
    if min(spent) < begin:
        opening += _between(spent, begin - timedelta(days=BOOKING_DAYS), begin - timedelta(days=1))
    months: list[Reconciled] = []
    first = begin
    cut = {day for start, end in periods for day in _month_ends(start, end)}
    while (last := _month_end(first)) <= until:
        if last in cut:
            first = last + ONE_DAY
            continue
        left, right = _between(spent, begin, last), _between(booked, begin, last)
        unbooked = _between(spent, last - timedelta(days=BOOKING_DAYS - 1), last)
        difference = left - right
        timing = min(difference, unbooked) if difference > 0 else max(difference, -opening)
        of_month = _between(spent, first, last)
        tolerance = (TOLERANCE_AMOUNT + TOLERANCE_SHARE * of_month).quantize(CENT)
        unexplained = difference - timing
        months.append(
            Reconciled(
                name=AD_SPEND.partition(":")[2],
                period_start=first,
                period_end=last,
                left_amount=left,
                right_amount=right,
                difference=difference,
                timing=timing,
                unexplained=unexplained,
                tolerance=tolerance,
                verdict="fail" if abs(unexplained) > tolerance else "pass",
            )
        )
        first = last + ONE_DAY
    return months


# An account is a platform's ad expense when its function says advertising, or when it is for sales
# and marketing and its name holds the platform's (`Google Ads` for google_ads).
AD_ACCOUNTS = """
    with platforms as (
        select distinct platform from kpi_mart.fct_ad_performance
    ),
    accounts as (
        select distinct account_id, account_name, account_function
        from kpi_mart.fct_ledger_entries
    )
    select accounts.account_id, platforms.platform
    from accounts
    inner join platforms
        on accounts.account_function = 'advertising'
        or (
            accounts.account_function = 'sales_marketing'
            and contains(lower(accounts.account_name), replace(platforms.platform, '_', ' '))
        )
    order by 1, 2
"""
SPENT = """
    select period_start, period_end, sum(spend_amount_reporting)
    from kpi_mart.fct_ad_performance
    where list_contains(?, platform) and spend_amount_reporting is not null
    group by 1, 2 having sum(spend_amount_reporting) <> 0
"""
BOOKED = """
    select
        posting_date,
        sum(coalesce(debit_amount_reporting, 0) - coalesce(credit_amount_reporting, 0))
    from kpi_mart.fct_ledger_entries
    where list_contains(?, account_id)
    group by 1
"""


def _result(months: Sequence[Reconciled]) -> CheckResult:
    wrong = [month for month in months if month.verdict == "fail"]
    rows: list[dict[str, Any]] = [plain(month) for month in months]
    newest = months[-1]
    return CheckResult(
        id=AD_SPEND,
        asked="Do the ad platforms and the ledger say the same ad spend, apart from timing?",
        verdict="fail" if wrong else "pass",
        severity="block",
        table="kpi_mart.fct_ad_performance",
        rows=len(wrong),
        sample=tuple(
            f"{month.period_end:%Y-%m}: {month.unexplained:.2f} unexplained" for month in wrong[:5]
        ),
        threshold=f"{TOLERANCE_AMOUNT} + {TOLERANCE_SHARE:.1%} of the month's spend",
        evidence={"periods": rows, "unexplained": newest.unexplained, "timing": newest.timing},
        look="Table `reconciliations`, month by month: an export is missing, doubled, or was booked"
        " in another currency.",
    )


def _by_day(rows: Sequence[tuple[date, Decimal]]) -> dict[date, Decimal]:
    amounts: dict[date, Decimal] = {}
    for day, amount in rows:
        if day is not None:
            amounts[day] = amounts.get(day, Decimal(0)) + amount
    return amounts


def _month_ends(start: date, end: date) -> Iterator[date]:
    """The last days of months that lie in a period and do not end it."""
    while (last := _month_end(start)) < end:
        yield last
        start = last + ONE_DAY


def _between(amounts: dict[date, Decimal], first: date, last: date) -> Decimal:
    return sum((amount for day, amount in amounts.items() if first <= day <= last), Decimal(0))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _has_tables(candidate: duckdb.DuckDBPyConnection, *names: str) -> bool:
    found = candidate.execute(
        "select count(*) from duckdb_tables() where schema_name = 'kpi_mart'"
        " and list_contains(?, table_name)",
        [list(names)],
    ).fetchone()
    return found is not None and found[0] == len(names)
