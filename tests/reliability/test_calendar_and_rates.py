"""Calendars, clocks and rates in the project's own SQL, against plain Python."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest
from landed_exports import House

from models.contract import load_contracts
from pipelines.settings import REPOSITORY, Settings

PROJECT = REPOSITORY / "dbt_project"
DATES = PROJECT / "macros" / "portable" / "dates.sql"
ONE_DAY = timedelta(days=1)


def rendered(source: str, **variables: Any) -> str:
    """SQL for DuckDB out of the project's own, with its macros of dates; a model is its name."""
    macros = re.sub(r'adapter\.dispatch\("(\w+)"\)', r"duckdb__\1", DATES.read_text())
    template = jinja2.Environment().from_string(macros + source)
    return template.render(var=variables.__getitem__, ref=lambda name: name)


def every_day(first: date, last: date) -> list[date]:
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]


def month_of(year: int, month: int) -> date:
    """The first day of a month that is counted on beyond December, or back before January."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


@pytest.mark.parametrize(
    ("week_start", "fiscal_year_start"),
    [("monday", 1), ("sunday", 4), ("monday", 7), ("sunday", 10), ("monday", 12)],
)
def test_f057_every_day_of_sixty_years_is_in_one_week_month_and_fiscal_period(
    week_start: str, fiscal_year_start: int
) -> None:
    source = (PROJECT / "models" / "marts" / "core" / "dim_date.sql").read_text()
    sql = rendered(
        source, as_of="2049-12-31", week_start=week_start, fiscal_year_start=fiscal_year_start
    )
    with duckdb.connect() as connection:
        cursor = connection.execute(f"from ({sql}) order by date_day")
        names = [name for name, *_ in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    days = every_day(date(1990, 1, 1), date(2050, 12, 31))
    assert [row["date_day"] for row in found][: len(days)] == days
    for row, day in zip(found, days, strict=False):
        into_week = day.weekday() if week_start == "monday" else (day.weekday() + 1) % 7
        quarter = 3 * ((day.month - 1) // 3) + 1
        # The month of the fiscal year, and the calendar year in which it ends.
        fiscal_month = (day.month - fiscal_year_start) % 12 + 1
        ends = day.year + (fiscal_year_start > 1 and day.month >= fiscal_year_start)
        assert row == {
            "date_day": day,
            "week_start_date": day - into_week * ONE_DAY,
            "week_end_date": day + (6 - into_week) * ONE_DAY,
            "month_start_date": day.replace(day=1),
            "month_end_date": month_of(day.year, day.month + 1) - ONE_DAY,
            "quarter_start_date": month_of(day.year, quarter),
            "quarter_end_date": month_of(day.year, quarter + 3) - ONE_DAY,
            "year_start_date": date(day.year, 1, 1),
            "year_end_date": date(day.year, 12, 31),
            "iso_year": day.isocalendar().year,
            "iso_week": day.isocalendar().week,
            "iso_day_of_week": day.isocalendar().weekday,
            "fiscal_year": ends,
            "fiscal_quarter": (fiscal_month + 2) // 3,
            "fiscal_month": fiscal_month,
            "is_weekend": day.weekday() >= 5,
        }, day


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
)
def test_f055_f056_a_business_day_has_23_24_or_25_hours_as_the_zone_says(zone: str) -> None:
    halves = [datetime(2024, 1, 1) + n * timedelta(minutes=30) for n in range(2 * 24 * 4 * 365)]  # noqa: DTZ001
    sql = rendered("{{ business_date('moment') }}", time_zone=zone)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""select {sql} as day, count(*) from (
                select unnest(generate_series(?, ?, interval 30 minute)) as moment
            ) group by day""",
            [halves[0], halves[-1]],
        ).fetchall()

    local = (half.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for half in halves)
    assert dict(rows) == dict(Counter(local))


RATES = "Date,USD,JPY,GBP,\n"


@pytest.fixture
def bank(settings: Settings) -> House:
    streams = load_contracts(PROJECT.parent / "models" / "contracts")
    return House.of(settings, streams["ecb__reference_rates"])


def published(house: House, day: str, *rates: str) -> None:
    """The bank's file of a day: that day's rates, or also those of the days before."""
    rows = "".join(f"{rate},0.87,\n" for rate in rates)
    made = datetime.fromisoformat(f"{day}T16:00:00+00:00")
    house.land(f"ecb/eurofxref-hist_{day}.csv", RATES + rows, made)


def rates_of(house: House) -> dict[date, tuple[Decimal, Decimal]]:
    rows = house.view("ecb__reference_rates")
    return {row["rate_date"]: (row["usd"], row["jpy"]) for row in rows}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_f060_a_revised_rate_replaces_the_one_before_and_no_other_day_changes(
    bank: House, order: tuple[int, ...]
) -> None:
    files = [
        ("2026-03-27", "2026-03-27,1.15,182.9"),
        ("2026-03-30", "2026-03-30,1.1498,183.02"),
        ("2026-03-31", "2026-03-30,1.1489,183.02"),
    ]
    for number in order:
        published(bank, *files[number])

    assert rates_of(bank) == {
        date(2026, 3, 27): (Decimal("1.15"), Decimal("182.9")),
        date(2026, 3, 30): (Decimal("1.1489"), Decimal("183.02")),
    }
    assert len(bank.landings) == 3


def odd_rates(rates: dict[str, list[tuple[str, str]]], as_of: str = "2026-07-01") -> set[Any]:
    """The currencies and days that the project's test names."""
    source = Path(PROJECT / "tests" / "assert_rates_move_as_rates_do.sql").read_text()
    with duckdb.connect() as connection:
        connection.execute(
            "create table stg_ecb__reference_rates"
            " (currency_code text, published_date date, rate decimal(18,8))"
        )
        for currency, known in rates.items():
            for day, rate in known:
                connection.execute(
                    "insert into stg_ecb__reference_rates values (?, ?, ?)", [currency, day, rate]
                )
        found = connection.execute(rendered(source, as_of=as_of)).fetchall()
    return {(currency, str(day)) for currency, day, *_ in found}


def test_f060_a_rate_that_is_quoted_the_other_way_round_is_named_by_currency_and_day() -> None:
    usual = {
        "USD": Decimal("1.1512"),
        "JPY": Decimal("183.45"),
        "GBP": Decimal("0.87015"),
        "CHF": Decimal("0.9201"),
        "INR": Decimal("106.3"),
    }
    days = ["2026-03-27", "2026-03-30", "2026-03-31", "2026-04-01"]
    for inverted, rate in usual.items():
        rates = {currency: [(day, str(value)) for day in days] for currency, value in usual.items()}
        assert odd_rates(rates) == set()
        rates[inverted][2] = (days[2], f"{1 / rate:.8f}")

        assert odd_rates(rates) == {(inverted, days[2]), (inverted, days[3])}


def test_f060_what_rates_do_is_not_named() -> None:
    tenth = [("2026-03-30", "1.0"), ("2026-03-31", "1.1"), ("2026-04-01", "1.0")]
    paused = [("2026-03-02", "1.0"), ("2026-03-31", "2.0")]
    long_past = [("2025-03-02", "1.0"), ("2025-03-03", "2.0")]

    assert odd_rates({"AAA": tenth, "BBB": paused, "CCC": long_past}) == set()
    assert odd_rates({"AAA": [tenth[0], ("2026-03-31", "1.10000001")]}) == {("AAA", "2026-03-31")}
