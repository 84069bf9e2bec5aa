"""The ECB's reference rates, and the company's targets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

from pipelines.demo.chance import add_months, rounded
from pipelines.demo.company import Company
from pipelines.demo.exports.advertising import MONTHS
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header, zipped
from pipelines.demo.exports.schedule import Schedule

ECB, TARGETS = "ecb", "targets"
PUBLISHED_AT = time(16, 5)
# As in the bank's own files; currencies that no longer exist stay in the history's header.
HISTORY_CURRENCIES = header(
    "USD JPY BGN CYP CZK DKK EEK GBP HUF LTL LVL MTL PLN ROL RON SEK SIT SKK CHF ISK NOK HRK RUB "
    "TRL TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR"
)
DAILY_CURRENCIES = header(
    "USD JPY CZK DKK GBP HUF PLN RON SEK CHF ISK NOK TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN "
    "MYR NZD PHP SGD THB ZAR"
)
TARGET_HEADER = header(
    "kpi grain period_start slice slice_value target_value level valid_from version"
)
MONTHS_OF_GRAIN = {"month": 1, "quarter": 3, "year": 12}
RATIO_TARGETS = {
    "gross_margin": ("0.6", "0.013"),
    "net_profit_margin": ("-0.5", "0.025"),
    "customer_churn_rate": ("0.03", "0"),
    "ctr": ("0.013", "0.00002"),
    "win_rate": ("0.42", "0.001"),
    "lead_conversion_rate": ("0.12", "0.0002"),
    "csat": ("0.66", "0.002"),
    "nps": ("18", "0.3"),
    "cac": ("3400", "-45"),
}
"""Target in the first month, and what is added each month; the same for every grain."""
FLOW_TARGETS = {
    "revenue": ("4000", "7000"),
    "leads": ("45", "4.8"),
    "new_customers": ("6", "0.7"),
    "won_amount": ("10000", "5500"),
    "ad_spend": ("9500", "650"),
}
"""Times the scale; a quarter's and a year's target is the sum of their months', each rounded."""
BALANCE_TARGETS = {"mrr": ("5000", "6400"), "paying_customers": ("8", "11.5")}
"""Times the scale; a quarter's and a year's target is that of their last month."""


def ecb(company: Company, schedule: Schedule) -> Iterator[Export]:
    """The whole history once, then each business day's file, as the bank names and packs them."""
    published = company.rates.published
    end = schedule.history_end or schedule.first_day
    history = [
        [day.isoformat(), *(str(rates.get(code, "N/A")) for code in HISTORY_CURRENCIES), ""]
        for day, rates in sorted(published.items(), reverse=True)
        if day <= end
    ]
    text = csv_text([["Date", *HISTORY_CURRENCIES, ""], *history])
    yield _rates(f"eurofxref-hist {end}.zip", "eurofxref-hist.csv", end, text, len(history))
    for day in schedule.daily:
        if day in published and day > end:
            written = f"{day.day:02d} {MONTHS[day.month - 1]} {day.year}"
            row = [written, *(str(published[day][code]) for code in DAILY_CURRENCIES), ""]
            text = ", ".join(["Date", *DAILY_CURRENCIES, ""]) + "\n" + ", ".join(row) + "\n"
            yield _rates(f"eurofxref {day}.zip", "eurofxref.csv", day, text, 1)


def _rates(name: str, member: str, day: date, text: str, rows: int) -> Export:
    moment = datetime.combine(day, PUBLISHED_AT, UTC)
    return Export(ECB, name, moment, zipped(member, text.encode("ascii"), moment), rows)


def targets(schedule: Schedule, scale: Decimal) -> Iterator[Export]:
    """Targets of every month, quarter and year from the first day to the end of next year."""
    months: list[date] = []
    month = schedule.first_day.replace(day=1)
    while month.year <= schedule.until.year + 1:
        months.append(month)
        month = add_months(month, 1)
    rows: list[Row] = []
    for grain, length in MONTHS_OF_GRAIN.items():
        starts = sorted({_period_start(month, length) for month in months})
        for start in starts:
            inside = [n for n, month in enumerate(months) if _period_start(month, length) == start]
            rows += [
                [kpi, grain, start.isoformat(), "total", "", f"{value}", "company", "", "1"]
                for kpi, value in _targets_of(inside, scale)
            ]
    text = csv_text([TARGET_HEADER, *rows])
    day = schedule.history_end or schedule.first_day
    yield Export(TARGETS, f"kpi_targets {day}.csv", evening_of(day), text.encode(), len(rows))


def _period_start(month: date, length: int) -> date:
    return month.replace(month=(month.month - 1) // length * length + 1)


def _targets_of(months: list[int], scale: Decimal) -> Iterator[tuple[str, Decimal]]:
    def planned(plan: tuple[str, str], month: int) -> Decimal:
        return Decimal(plan[0]) + Decimal(plan[1]) * month

    for kpi, plan in FLOW_TARGETS.items():
        yield kpi, sum((rounded(planned(plan, n) * scale, 0) for n in months), Decimal(0))
    for kpi, plan in BALANCE_TARGETS.items():
        yield kpi, rounded(planned(plan, months[-1]) * scale, 0)
    for kpi, plan in RATIO_TARGETS.items():
        yield kpi, rounded(planned(plan, months[-1]), 4)
