"""Days that are missing inside what a stream tells of: told by stream, account and day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from landed_exports import House, declared

from models.contract import Stream
from pipelines.check.gaps import check_gaps, expected_gaps
from pipelines.check.lineage import Lineage
from pipelines.check.result import CheckResult
from pipelines.land.landing import Landing
from pipelines.land.load_rules import create_landed_views
from pipelines.land.missing import find_missing_days
from pipelines.settings import Settings

MONDAY = date(2026, 5, 4)
COLUMNS = [
    {"name": "day", "headers": ["Day"], "type": "date", "formats": ["%Y-%m-%d"], "required": True},
    {"name": "account_id", "headers": ["Account"], "type": "text", "required": True},
    {"name": "spend_amount", "headers": ["Spend"], "type": "decimal(18,6)", "required": True},
]
Rows = Iterable[tuple[date, str]]
Days = tuple[date, date]


def of_days(**changes: Any) -> Stream:
    """A contract of one row per day and account."""
    return declared(
        stream="spend",
        family="ads",
        columns=COLUMNS,
        key=["day", "account_id"],
        load={"rule": "window", "date": "day", "scope": ["account_id"]},
        **changes,
    )


def every_day(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def covering(days: Days) -> Landing:
    """An export that speaks of these days."""
    return Landing(
        landing_id=f"{days[0]}",
        source="shop",
        stream="spend",
        table="shop__spend",
        file=f"shop/{days[0]}.csv",
        size=1,
        exported_at=datetime(2026, 7, 1, tzinfo=UTC),
        covered_from=days[0],
        covered_to=days[1],
        rows_in_file=1,
        rows_landed=1,
        rows_quarantined=0,
        rows_skipped={},
        drift=[],
        columns_missing=[],
        contract_digest="",
        parquet="",
    )


def asked(rows: Rows, covered: Sequence[Days], stream: Stream | None = None) -> CheckResult:
    """What the check says of rows of some days, where exports speak of `covered`."""
    stream = stream or of_days()
    streams, landings = {stream.table: stream}, [covering(days) for days in covered]
    with duckdb.connect() as candidate:
        candidate.execute("create schema landed")
        candidate.execute("create table landed.shop__spend (day date, account_id text)")
        candidate.executemany("insert into landed.shop__spend values (?, ?)", list(rows))
        find_missing_days(candidate, streams, {stream.table: landings})
        (found,) = check_gaps(candidate, streams, landings, Lineage({}))
    assert [found.id] == expected_gaps(streams, landings)
    assert not found.stops_release
    return found


@pytest.mark.parametrize("covered", ["by one export", "by an export a day"])
def test_f008_each_day_left_out_in_turn_is_told_with_its_account(covered: str) -> None:
    month = every_day(MONDAY, 28)
    for left_out in month[1:-1]:
        rows = [(day, name) for day in month for name in "AB" if (day, name) != (left_out, "B")]
        whole = [(month[0], month[-1])]
        daily = [(day, day) for day in month]

        found = asked(rows, whole if covered == "by one export" else daily)

        assert (found.verdict, found.rows) == ("warn", 1)
        assert found.evidence["missing"] == {"account_id B": [f"{left_out}"]}
        assert found.sample == (f"account_id B: {left_out}",)
        assert found.evidence["code"] == "GAP"


def test_f008_a_day_of_which_no_account_has_a_file_is_told_of_each() -> None:
    month = every_day(MONDAY, 28)
    for left_out in month[1:-1]:
        there = [day for day in month if day != left_out]

        found = asked([(day, name) for day in there for name in "AB"], [(d, d) for d in there])

        said = {"account_id A": [f"{left_out}"], "account_id B": [f"{left_out}"]}
        assert found.evidence["missing"] == said


def test_f008_nothing_is_missing_where_every_day_is_there() -> None:
    month = every_day(MONDAY, 28)
    found = asked([(day, "A") for day in month], [(month[0], month[-1])])
    assert (found.verdict, found.rows, found.sample) == ("pass", 0, ())


@pytest.mark.parametrize("weeks", [5, 12])
def test_f008_a_source_without_weekends_misses_its_weekdays_only(weeks: int) -> None:
    office = [day for day in every_day(MONDAY, 7 * weeks) if day.weekday() < 5]
    assert asked([(d, "A") for d in office], [(d, d) for d in office]).verdict == "pass"
    for left_out in office[1:-1]:
        there = [day for day in office if day != left_out]

        found = asked([(day, "A") for day in there], [(day, day) for day in there])

        assert found.evidence["missing"] == {"account_id A": [f"{left_out}"]}


def test_f008_a_report_that_comes_once_a_week_misses_its_week() -> None:
    fridays = [MONDAY + timedelta(days=4 + 7 * week) for week in range(10)]
    there = [day for day in fridays if day != fridays[6]]
    assert asked([(d, "A") for d in fridays], [(d, d) for d in fridays]).verdict == "pass"

    found = asked([(day, "A") for day in there], [(day, day) for day in there])

    assert found.evidence["missing"] == {"account_id A": [f"{fridays[6]}"]}


def test_f008_an_account_that_pauses_is_not_told_and_days_without_any_export_are() -> None:
    days = every_day(MONDAY, 90)
    first, last = days[30], days[49]
    rows = [(day, "A") for day in days if not first <= day <= last]
    assert asked(rows, [(days[0], days[-1])]).verdict == "pass"

    found = asked(rows, [(days[0], days[29]), (days[50], days[-1])])

    assert found.evidence["missing"] == {"account_id A": [f"{first} to {last}"]}
    assert found.rows == 20


def test_f008_days_on_which_little_happens_are_not_told() -> None:
    # On two days of nine nothing happens, and an export covers all of them.
    days = [day for n, day in enumerate(every_day(MONDAY, 90)) if n % 9 not in (2, 5)]
    assert asked([(day, "A") for day in days], [(days[0], days[-1])]).verdict == "pass"


def test_f008_a_months_list_misses_its_month() -> None:
    firsts = [date(2025, month, 1) for month in range(1, 13)]
    there = [day for day in firsts if day.month != 8]
    assert asked([(d, "A") for d in firsts], [(d, d) for d in firsts]).verdict == "pass"

    found = asked([(day, "A") for day in there], [(day, day) for day in there])

    assert found.evidence["missing"] == {"account_id A": ["2025-07-02 to 2025-08-31"]}


def test_f008_of_a_ledger_only_weeks_that_no_export_covers_are_told() -> None:
    ledger = of_days(gaps="whole_weeks")
    rows = [(date(2026, 1, 5), "A"), (date(2026, 1, 23), "A"), (date(2026, 4, 2), "A")]
    months = [(date(2026, 1, 2), date(2026, 1, 31)), (date(2026, 2, 3), date(2026, 4, 30))]
    assert asked(rows, months, ledger).verdict == "pass"

    found = asked(rows, [months[0], (date(2026, 3, 1), date(2026, 4, 30))], ledger)

    assert found.evidence["missing"] == {"": ["2026-02-01 to 2026-02-28"]}
    assert found.sample == ("2026-02-01 to 2026-02-28",)


def test_f008_where_the_scope_is_smaller_than_an_account_the_stream_is_asked() -> None:
    month = every_day(MONDAY, 28)
    rows = [(day, f"ad {day.day % 3}") for day in month if day != month[9]]

    found = asked(rows, [(month[0], month[-1])], of_days(gaps="by_stream"))

    assert found.evidence["missing"] == {"": [f"{month[9]}"]}


def test_f008_a_row_of_several_days_is_there_on_each_of_them() -> None:
    until = {"name": "until", "headers": ["To"], "type": "date", "formats": ["%Y-%m-%d"]}
    load = {"rule": "window", "date": "day", "until": "until", "scope": ["account_id"]}
    stream = declared(stream="spend", columns=[*COLUMNS, until], key=[], load=load)
    weeks = [(MONDAY + timedelta(days=7 * n), MONDAY + timedelta(days=7 * n + 6)) for n in range(9)]

    def missing(there: Sequence[Days]) -> object:
        with duckdb.connect() as candidate:
            candidate.execute("create schema landed")
            candidate.execute(
                "create table landed.shop__spend (day date, account_id text, until date)"
            )
            rows = [(first, "A", last) for first, last in there]
            candidate.executemany("insert into landed.shop__spend values (?, ?, ?)", rows)
            landings = [covering(week) for week in there]
            find_missing_days(candidate, {stream.table: stream}, {stream.table: landings})
            (found,) = check_gaps(candidate, {stream.table: stream}, landings, Lineage({}))
        return found.evidence.get("missing")

    assert missing(weeks) is None
    first, last = weeks[4]
    assert missing([*weeks[:4], *weeks[5:]]) == {"account_id A": [f"{first} to {last}"]}


def test_f008_what_a_personal_account_is_called_is_not_shown() -> None:
    columns = [COLUMNS[0], {**COLUMNS[1], "personal": True}, COLUMNS[2]]
    month = every_day(MONDAY, 28)
    rows = [(day, "ada@example.com") for day in month if day != month[9]]
    stream = of_days().model_copy(
        update={"columns": declared(columns=columns, key=["day"]).columns}
    )

    found = asked(rows, [(month[0], month[-1])], stream)

    assert found.evidence["missing"] == {"account_id (personal data)": [f"{month[9]}"]}


def test_f008_of_landed_exports_a_lost_file_is_told_until_it_comes(settings: Settings) -> None:
    house = House.of(settings, of_days())
    days = every_day(MONDAY, 14)

    def missing() -> object:
        with duckdb.connect() as candidate:
            create_landed_views(candidate, house.streams, house.landings, settings.landed)
            (found,) = check_gaps(candidate, house.streams, house.landings, Lineage({}))
        return found.evidence.get("missing", {})

    for day in days:
        if day != days[8]:
            house.land(f"shop/{day}.csv", f"Day,Account,Spend\n{day},A,1.00\n{day},B,2.00\n")
    assert missing() == {"account_id A": [f"{days[8]}"], "account_id B": [f"{days[8]}"]}

    house.land(f"shop/{days[8]}.csv", f"Day,Account,Spend\n{days[8]},A,1.00\n{days[8]},B,2.00\n")
    assert missing() == {}
