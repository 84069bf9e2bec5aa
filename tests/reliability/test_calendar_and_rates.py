"""Calendars, clocks and rates in the project's own SQL, against plain Python."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from landed_exports import House
from rendered_sql import PROJECT, period_columns, rendered, rendered_model

from models.contract import load_contracts
from pipelines.settings import Settings

ONE_DAY = timedelta(days=1)
GRAINS = ("month", "quarter", "year")


def every_day(first: date, last: date) -> list[date]:
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]


def month_of(year: int, month: int) -> date:
    """The first day of a month that is counted on beyond December, or back before January."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def calendar_of(week_start: str, fiscal_year_start: int, calendar: str) -> list[dict[str, Any]]:
    """The rows of `dim_date` up to the year 2050, by day."""
    sql = rendered_model(
        "core/dim_date",
        as_of="2049-12-31",
        week_start=week_start,
        fiscal_year_start=fiscal_year_start,
        calendar=calendar,
    )
    with duckdb.connect() as connection:
        cursor = connection.execute(f"from ({sql}) order by date_day")
        names = [name for name, *_ in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("week_start", "fiscal_year_start", "calendar"),
    [
        *((("monday", "sunday")[month % 2], month, "fiscal") for month in range(1, 13)),
        ("monday", 1, "gregorian"),
        ("sunday", 4, "gregorian"),
        ("monday", 12, "gregorian"),
    ],
)
def test_f057_every_day_of_sixty_years_is_in_one_week_month_and_fiscal_period(
    week_start: str, fiscal_year_start: int, calendar: str
) -> None:
    found = calendar_of(week_start, fiscal_year_start, calendar)

    days = every_day(date(1990, 1, 1), date(2050, 12, 31))
    assert [row["date_day"] for row in found][: len(days)] == days
    for row, day in zip(found, days, strict=False):
        into_week = day.weekday() if week_start == "monday" else (day.weekday() + 1) % 7
        # The month of the fiscal year, and the calendar year in which it ends.
        fiscal_month = (day.month - fiscal_year_start) % 12 + 1
        ends = day.year + (fiscal_year_start > 1 and day.month >= fiscal_year_start)
        into_year = fiscal_month - 1 if calendar == "fiscal" else day.month - 1
        quarter, year = day.month - into_year % 3, day.month - into_year
        assert row == {
            "date_day": day,
            "week_start_date": day - into_week * ONE_DAY,
            "week_end_date": day + (6 - into_week) * ONE_DAY,
            "month_start_date": day.replace(day=1),
            "month_end_date": month_of(day.year, day.month + 1) - ONE_DAY,
            "quarter_start_date": month_of(day.year, quarter),
            "quarter_end_date": month_of(day.year, quarter + 3) - ONE_DAY,
            "year_start_date": month_of(day.year, year),
            "year_end_date": month_of(day.year, year + 12) - ONE_DAY,
            "iso_year": day.isocalendar().year,
            "iso_week": day.isocalendar().week,
            "iso_day_of_week": day.isocalendar().weekday,
            "fiscal_year": ends,
            "fiscal_quarter": (fiscal_month + 2) // 3,
            "fiscal_month": fiscal_month,
            "is_weekend": day.weekday() >= 5,
        }, day


WEEKS = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}


def years_of_weeks(first_weekday: int, month: int) -> list[date]:
    """The first days of the years 1989 to 2052: the `first_weekday` nearest to a month's 1st."""
    near = (
        every_day(date(n, month, 1) - 3 * ONE_DAY, date(n, month, 4)) for n in range(1989, 2053)
    )
    return [next(day for day in week if day.weekday() == first_weekday) for week in near]


def months_of_weeks(week_start: str, fiscal_year_start: int, calendar: str) -> list[date]:
    """The first days of the months of whole weeks; a 53rd week belongs to the last of a year."""
    months: list[date] = []
    starts = years_of_weeks(0 if week_start == "monday" else 6, fiscal_year_start)
    for first, following in itertools.pairwise(starts):
        assert (following - first).days in (364, 371)
        lengths = WEEKS[calendar] * 4
        months += [first + 7 * sum(lengths[:n]) * ONE_DAY for n in range(12)]
    return [*months, starts[-1]]


@pytest.mark.parametrize("calendar", WEEKS)
@pytest.mark.parametrize("fiscal_year_start", [1, 2, 9])
@pytest.mark.parametrize("week_start", ["monday", "sunday"])
def test_f057_every_day_of_sixty_years_is_in_one_month_of_whole_weeks(
    week_start: str, fiscal_year_start: int, calendar: str
) -> None:
    months = months_of_weeks(week_start, fiscal_year_start, calendar)
    expected: dict[date, tuple[date, date, date, date, date, date, int, int, int]] = {}
    for place in range(0, len(months) - 12, 12):
        firsts = months[place : place + 13]
        # As a fiscal year by months, it is named after the year in which that would end.
        named = (firsts[0] + 10 * ONE_DAY).year + (fiscal_year_start > 1)
        for n in range(12):
            q = n - n % 3
            for day in every_day(firsts[n], firsts[n + 1] - ONE_DAY):
                expected[day] = (
                    *(firsts[n], firsts[n + 1] - ONE_DAY),
                    *(firsts[q], firsts[q + 3] - ONE_DAY),
                    *(firsts[0], firsts[12] - ONE_DAY),
                    *(named, q // 3 + 1, n + 1),
                )

    found = {
        row["date_day"]: tuple(
            row[name]
            for name in (
                *(f"{grain}_{end}_date" for grain in GRAINS for end in ("start", "end")),
                *(f"fiscal_{grain}" for grain in ("year", "quarter", "month")),
            )
        )
        for row in calendar_of(week_start, fiscal_year_start, calendar)
    }
    for day in every_day(date(1990, 1, 1), date(2050, 12, 31)):
        assert found[day] == expected[day], day


@pytest.mark.parametrize(
    ("week_start", "fiscal_year_start", "calendar"),
    [
        *((("monday", "sunday")[month % 2], month, "fiscal") for month in range(1, 13)),
        *((("sunday", "monday")[month % 2], month, "4-4-5") for month in range(1, 13)),
        ("monday", 3, "4-5-4"),
        ("sunday", 2, "4-5-4"),
        ("sunday", 3, "5-4-4"),
        ("monday", 1, "gregorian"),
        ("sunday", 4, "gregorian"),
    ],
)
def test_f057_the_period_of_any_day_is_known_without_the_table_of_days(
    week_start: str, fiscal_year_start: int, calendar: str
) -> None:
    """Budgets are of years to come, beyond it. Leap days and 53rd weeks are among the days."""
    expected: dict[str, list[tuple[date, date]]] = {}
    weekday = 0 if week_start == "monday" else 6
    weeks = [
        day for day in every_day(date(1989, 1, 1), date(2052, 1, 1)) if day.weekday() == weekday
    ]
    expected["week"] = [(week, week + 6 * ONE_DAY) for week in weeks]
    if calendar in WEEKS:
        months = months_of_weeks(week_start, fiscal_year_start, calendar)
    else:
        first = fiscal_year_start if calendar == "fiscal" else 1
        months = [month_of(1989, first + n) for n in range(12 * 63 + 1)]
    for grain, length in zip(GRAINS, (1, 3, 12), strict=True):
        starts = itertools.pairwise(months[::length])
        expected[grain] = [(start, following - ONE_DAY) for start, following in starts]

    firsts = (f"{{{{ period_start('{grain}', 'd') }}}} as {grain}" for grain in expected)
    spans = (f"{grain}, {{{{ period_end('{grain}', '{grain}') }}}}" for grain in expected)
    # Days 0 to 22,279 are those of the years 1990 to 2050.
    days = "select date '1990-01-01' + cast(range as integer) as d from range(22280)"
    sql = rendered(
        f"select d, {', '.join(spans)} from (select d, {', '.join(firsts)} from ({days}))",
        week_start=week_start,
        fiscal_year_start=fiscal_year_start,
        calendar=calendar,
    )
    with duckdb.connect() as connection:
        found = sorted(connection.execute(sql).fetchall())

    assert [row[0] for row in found] == every_day(date(1990, 1, 1), date(2050, 12, 31))
    for n, periods in enumerate(expected.values()):
        of_day = {day: span for span in periods for day in every_day(*span)}
        for row in found:
            assert row[1 + 2 * n : 3 + 2 * n] == of_day[row[0]], row[0]


def test_f057_years_of_weeks_are_those_that_are_published() -> None:
    """The National Retail Federation's first days; and a year of Mondays is the ISO year."""
    retail = {row["year_start_date"] for row in calendar_of("sunday", 2, "4-5-4")}
    known = ["2012-01-29", "2013-02-03", "2017-01-29", "2018-02-04", "2023-01-29", "2024-02-04"]
    assert {date.fromisoformat(day) for day in known} < retail
    iso = calendar_of("monday", 1, "4-4-5")
    assert [row["fiscal_year"] for row in iso] == [row["iso_year"] for row in iso]


@pytest.mark.parametrize(
    ("calendar", "as_of"),
    [("gregorian", "2024-02-29"), ("gregorian", "2025-03-01"), ("4-5-4", "2024-02-20")],
)
def test_f057_each_period_finds_the_one_before_and_that_of_last_year(
    calendar: str, as_of: str
) -> None:
    settings = {"week_start": "sunday", "fiscal_year_start": 2, "calendar": calendar}
    grains = ["day", "week", *GRAINS]
    columns = {grain: period_columns(grain) for grain in grains}
    dim = rendered_model("core/dim_date", as_of="2049-12-31", **settings)
    sql = rendered_model("kpi/kpi_periods", as_of=as_of, **settings)
    with duckdb.connect() as connection:
        connection.execute(f"create table dim_date as {dim}")
        connection.execute(
            "create table kpi_components_daily as select date '1990-01-01' as period_start"
        )
        calendar_rows = connection.execute("from dim_date").fetchdf().to_dict("records")
        found = connection.execute(sql).fetchall()
    today = date.fromisoformat(as_of)
    assert len(found) > 10_000
    by_grain: dict[str, list[tuple[date, date]]] = {}
    for grain in grains:
        first, last = columns[grain]
        spans = {(row[first].date(), row[last].date()) for row in calendar_rows}
        by_grain[grain] = sorted(span for span in spans if span[0] < today)
    ends = {grain: spans[-1][1] for grain, spans in by_grain.items()}
    containing = {
        (grain, day): span[0]
        for grain, spans in by_grain.items()
        for span in spans
        for day in every_day(*span)
    }
    for grain, start, end, previous, following, last_year, until in found:
        assert previous == containing.get((grain, start - ONE_DAY))
        after = containing.get((grain, end + ONE_DAY))
        assert following == after
        if grain == "week" or (grain == "day" and calendar != "gregorian"):
            assert last_year == start - 364 * ONE_DAY
        elif calendar == "gregorian":
            leap = (start.month, start.day) == (2, 29)
            assert last_year == start.replace(year=start.year - 1, day=28 if leap else start.day)
        elif start >= date(1992, 1, 1):
            # The period of the same number in the year before.
            year = containing["year", start]
            before = containing["year", year - ONE_DAY]
            starts: dict[date, list[date]] = {year: [], before: []}
            for first, _ in by_grain[grain]:
                starts.get(containing["year", first], []).append(first)
            assert last_year == starts[before][starts[year].index(start)]
        # The one before the period that still runs ends, for comparison, as many days in.
        runs = after is not None and after == by_grain[grain][-1][0] and ends[grain] >= today
        elapsed = (today - after).days if runs and after else 10_000
        assert until == min(end + ONE_DAY, start + elapsed * ONE_DAY), (grain, start)


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
    source = (PROJECT / "tests" / "assert_rates_move_as_rates_do.sql").read_text()
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
