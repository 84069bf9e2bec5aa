"""A period that is not complete is held against as many days of earlier periods: `kpi_elapsed`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from rendered_sql import rendered_model

ONE_DAY = timedelta(days=1)
FIRST = date(2022, 1, 1)
Figures = dict[str, Any]


def amount(day: date) -> int:
    """What a day sells: no two spans of days have the same sum by chance."""
    return (day - FIRST).days ** 2 % 1009 + 1


def between(first: str, last: str) -> int:
    """What the days from one to another, both counted, sell together."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return sum(amount(start + n * ONE_DAY) for n in range((end - start).days + 1))


def elapsed(
    as_of: str,
    incomplete: Iterable[str] = (),
    calendar: str = "gregorian",
    definition: tuple[str, str] = ("time_and_slices", "day, week, month, quarter, year"),
) -> dict[str, Figures]:
    """By grain, what is said of the newest period of daily sales since 2022.

    Of `slice = region`, North sells everything on the days of January and the tenth of February.
    """
    settings = {
        "as_of": as_of,
        "week_start": "monday",
        "fiscal_year_start": 1,
        "calendar": calendar,
    }
    until = date.fromisoformat(as_of)
    days = [FIRST + n * ONE_DAY for n in range((until - FIRST).days)]
    lacking = {date.fromisoformat(day) for day in incomplete}
    with duckdb.connect() as connection:
        connection.execute(
            f"create table dim_date as {rendered_model('core/dim_date', **settings)}"
        )
        connection.execute(
            "create table kpi_components_daily as select ?::date as period_start", [FIRST]
        )
        periods = rendered_model("kpi/kpi_periods", **settings)
        connection.execute(f"create table kpi_periods as {periods}")
        connection.execute(
            "create table sold as"
            " select unnest(?) as day, unnest(?) as amount, unnest(?) as is_complete",
            [days, [amount(day) for day in days], [day not in lacking for day in days]],
        )
        connection.execute(
            """
            create table kpi_values as
            select 'sales' as kpi, grain, period_start, period_end, slice,
                case slice when 'region' then 'North' else '' end as slice_value,
                cast(sum(amount) as decimal(38, 6)) as value,
                bool_and(is_complete and period_end < ?::date) as is_complete
            from kpi_periods inner join sold on day between period_start and period_end
            cross join (values ('total'), ('region')) as t (slice)
            where slice = 'total' or month(day) = 1 or (month(day) = 2 and day(day) = 10)
            group by all
            """,
            [as_of],
        )
        connection.execute(
            "create table dim_kpi as select 'sales' as kpi, ? as additive, ? as grains",
            list(definition),
        )
        cursor = connection.execute(
            f"""
            select * from ({rendered_model("kpi/kpi_elapsed", **settings)})
            qualify row_number() over (partition by grain, slice order by period_start desc) = 1
            """
        )
        names = [name for name, *_ in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {
        row["grain"] if row["slice"] == "total" else f"{row['grain']} of {row['slice_value']}": row
        for row in found
    }


def told(row: Figures) -> tuple[Any, ...]:
    return (
        row["period_start"].isoformat(),
        row["elapsed_days"],
        row["elapsed_value"],
        row["previous_elapsed_value"],
        row["last_year_elapsed_value"],
    )


def test_a_period_still_running_is_held_against_as_many_days_of_earlier_ones() -> None:
    """On 11 June 2025: a week of 2 days, a month of 10, a quarter of 71, a year of 161."""
    found = elapsed("2025-06-11")
    assert {row["elapsed_state"] for row in found.values()} == {"compared"}
    assert told(found["week"]) == (
        "2025-06-09",
        2,
        between("2025-06-09", "2025-06-10"),
        between("2025-06-02", "2025-06-03"),
        between("2024-06-10", "2024-06-11"),
    )
    assert told(found["month"]) == (
        "2025-06-01",
        10,
        between("2025-06-01", "2025-06-10"),
        between("2025-05-01", "2025-05-10"),
        between("2024-06-01", "2024-06-10"),
    )
    assert told(found["quarter"]) == (
        "2025-04-01",
        71,
        between("2025-04-01", "2025-06-10"),
        between("2025-01-01", "2025-03-12"),
        between("2024-04-01", "2024-06-10"),
    )
    # 2024 had a 29 February, so that its 161st day was the 9th.
    assert told(found["year"]) == (
        "2025-01-01",
        161,
        between("2025-01-01", "2025-06-10"),
        between("2024-01-01", "2024-06-09"),
        between("2024-01-01", "2024-06-09"),
    )


def test_of_an_earlier_period_that_has_fewer_days_all_are_taken() -> None:
    """On 31 March 2025, 30 days of March are over; February had 28 and the quarter before 92."""
    found = elapsed("2025-03-31")
    assert told(found["month"]) == (
        "2025-03-01",
        30,
        between("2025-03-01", "2025-03-30"),
        between("2025-02-01", "2025-02-28"),
        between("2024-03-01", "2024-03-30"),
    )
    assert found["quarter"]["previous_elapsed_value"] == between("2024-10-01", "2024-12-28")


def test_a_leap_day_is_a_day_like_each_other() -> None:
    # The whole of a February without it, for the 28 days before it.
    found = elapsed("2024-02-29")
    assert told(found["month"]) == (
        "2024-02-01",
        28,
        between("2024-02-01", "2024-02-28"),
        between("2024-01-01", "2024-01-28"),
        between("2023-02-01", "2023-02-28"),
    )
    # And after it: 1 January to 10 March are 70 days, a year before to 11 March.
    found = elapsed("2024-03-11")
    assert told(found["year"]) == (
        "2024-01-01",
        70,
        between("2024-01-01", "2024-03-10"),
        between("2023-01-01", "2023-03-11"),
        between("2023-01-01", "2023-03-11"),
    )
    # 365 days of a leap year are the whole of the year before.
    found = elapsed("2024-12-31")
    assert found["year"]["last_year_elapsed_value"] == between("2023-01-01", "2023-12-31")


def test_months_of_whole_weeks_are_held_against_those_of_the_same_number() -> None:
    """The 12th month of 2026 has the 53rd week; that of 2025 began on 24 November."""
    found = elapsed("2026-12-31", calendar="4-4-5")
    assert told(found["month"]) == (
        "2026-11-23",
        38,
        between("2026-11-23", "2026-12-30"),
        between("2026-10-26", "2026-11-22"),
        between("2025-11-24", "2025-12-28"),
    )


def test_days_that_a_late_stream_does_not_cover_yet_have_not_elapsed() -> None:
    """Complete to 6 June: the days after it are in the value, but in no comparison."""
    late = [f"2025-06-{day:02d}" for day in range(7, 11)]
    found = elapsed("2025-06-11", late)
    assert told(found["month"]) == (
        "2025-06-01",
        6,
        between("2025-06-01", "2025-06-06"),
        between("2025-05-01", "2025-05-06"),
        between("2024-06-01", "2024-06-06"),
    )
    assert (found["week"]["elapsed_state"], *told(found["week"])[1:]) == ("no_day", *[None] * 4)


def test_a_missing_day_leaves_those_comparisons_out_that_would_need_it() -> None:
    found = elapsed("2025-06-11", ["2024-06-03"])
    assert told(found["month"])[3:] == (between("2025-05-01", "2025-05-10"), None)
    assert told(found["quarter"])[3:] == (between("2025-01-01", "2025-03-12"), None)
    assert told(found["year"])[3:] == (None, None)
    assert told(found["week"])[4] == between("2024-06-10", "2024-06-11")

    found = elapsed("2025-06-11", ["2025-06-03"])
    assert (found["month"]["elapsed_state"], *told(found["month"])[1:]) == (
        "days_missing",
        *[None] * 4,
    )
    # The week after it stands, and has nothing to be held against but last year's.
    assert told(found["week"])[2:] == (
        between("2025-06-09", "2025-06-10"),
        None,
        between("2024-06-10", "2024-06-11"),
    )


def test_before_the_first_figure_there_is_no_comparison() -> None:
    found = elapsed("2022-03-11")
    assert told(found["month"])[3:] == (between("2022-02-01", "2022-02-10"), None)
    assert told(found["year"])[3:] == (None, None)


def test_a_slice_without_a_row_in_days_that_are_known_had_nothing() -> None:
    found = elapsed("2025-02-16")
    north = found["month of North"]
    assert told(north) == (
        "2025-02-01",
        15,
        amount(date(2025, 2, 10)),
        between("2025-01-01", "2025-01-15"),
        amount(date(2024, 2, 10)),
    )
    found = elapsed("2025-01-16")
    assert told(found["month of North"])[3:] == (0, between("2024-01-01", "2024-01-15"))


@pytest.mark.parametrize(
    ("additive", "grains"),
    [("none", "day, week, month"), ("slices", "day, week, month"), ("time_and_slices", "month")],
)
def test_what_is_no_sum_of_days_is_not_summed(additive: str, grains: str) -> None:
    found = elapsed("2025-06-11", definition=(additive, grains))
    assert {(row["elapsed_state"], *told(row)[1:]) for row in found.values()} == {
        ("not_additive", *[None] * 4)
    }
