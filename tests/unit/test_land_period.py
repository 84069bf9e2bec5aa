"""Which days a row speaks of: its own, its week's or month's, or those that the file states."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.contract_rules import Period
from pipelines.land.stated import day_of, stated_days
from pipelines.settings import Settings
from tests.landed_exports import House, declared

DAY = {"type": "date", "formats": ["%Y-%m-%d"]}
COLUMNS: list[dict[str, Any]] = [
    {"name": "campaign", "headers": ["Campaign"], "type": "text", "required": True},
    {"name": "day", "headers": ["Day"], **DAY},
    {"name": "week", "headers": ["Week"], **DAY},
    {"name": "month", "headers": ["Month"], "type": "date", "formats": ["%Y-%m-%d", "%B %Y"]},
    {"name": "quarter", "headers": ["Quarter"], **DAY},
    {"name": "year", "headers": ["Year"], "type": "date", "formats": ["%Y"]},
    {"name": "period_start", "headers": ["Starts"], "taken_from": {"period": "start"}, **DAY},
    {"name": "period_end", "headers": ["Ends"], "taken_from": {"period": "end"}, **DAY},
    {"name": "amount", "headers": ["Cost"], "type": "decimal(18,2)", "required": True},
]
PERIOD = {
    **{unit: unit for unit in ("day", "week", "month", "quarter", "year")},
    "stated": [{"preamble": r"^(.+?) - (.+)$"}, {"file_name": r"(\d{8})-(\d{8})"}],
    "formats": ["%B %d, %Y", "%d %B %Y", "%d. %B %Y", "%d %b %Y", "%Y年%m月%d日", "%Y%m%d"],
    "languages": ["en", "de", "fr", "vi"],
}


def reports(settings: Settings) -> House:
    contract = {
        "shapes": [{"name": "csv", "preamble_rows": 2}],
        "columns": COLUMNS,
        "key": [],
        "load": {"rule": "window", "date": "period_start", "until": "period_end"},
        "period": PERIOD,
    }
    return House.of(settings, declared(**contract))


def days_of(settings: Settings, content: str, name: str = "shop/a.csv") -> tuple[date, date]:
    house = reports(settings)
    [row] = house.rows(house.land(name, content))
    return row["period_start"], row["period_end"]


@pytest.mark.parametrize(
    ("header", "cell", "first", "last"),
    [
        ("Day", "2026-02-03", date(2026, 2, 3), date(2026, 2, 3)),
        ("Week", "2026-02-23", date(2026, 2, 23), date(2026, 3, 1)),
        ("Month", "2024-02-01", date(2024, 2, 1), date(2024, 2, 29)),
        ("Month", "February 2026", date(2026, 2, 1), date(2026, 2, 28)),
        ("Quarter", "2025-10-01", date(2025, 10, 1), date(2025, 12, 31)),
        ("Year", "2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_row_speaks_of_its_own_day_or_period(
    settings: Settings, header: str, cell: str, first: date, last: date
) -> None:
    assert days_of(settings, f"Campaign,{header},Cost\nTea,{cell},1.00\n") == (first, last)


def test_a_rows_two_ends_are_its_period(settings: Settings) -> None:
    content = "Campaign,Starts,Ends,Cost\nTea,2026-02-03,2026-02-09,1.00\n"
    assert days_of(settings, content) == (date(2026, 2, 3), date(2026, 2, 9))


def test_a_rows_own_day_goes_before_the_reports_two_ends(settings: Settings) -> None:
    content = "Campaign,Day,Starts,Ends,Cost\nTea,2026-02-05,2026-02-03,2026-02-09,1.00\n"
    assert days_of(settings, content) == (date(2026, 2, 5), date(2026, 2, 5))


@pytest.mark.parametrize(
    "stated",
    [
        '"July 8, 2025 - July 31, 2025"',
        "8 July 2025 - 31 July 2025",
        "8. Juli 2025 - 31. Juli 2025",
        "8 juillet 2025 - 31 juillet 2025",
        "8 Jul 2025 - 31 Jul 2025",
        "2025年7月8日 - 2025年7月31日",
        "20250708 - 20250731",
    ],
)
def test_f034_a_range_above_the_header_is_the_period_of_every_row(
    settings: Settings, stated: str
) -> None:
    content = f"Campaign report\n{stated}\nCampaign,Cost\nTea,1.00\n"
    assert days_of(settings, content) == (date(2025, 7, 8), date(2025, 7, 31))


def test_a_range_in_the_files_name_is_one_too(settings: Settings) -> None:
    content = "Campaign,Cost\nTea,1.00\n"
    found = days_of(settings, content, "shop/report 20250708-20250731.csv")
    assert found == (date(2025, 7, 8), date(2025, 7, 31))


def test_a_report_that_says_no_day_at_all_is_refused(settings: Settings) -> None:
    refused = reports(settings).refuse("shop/a.csv", "Campaign,Cost\nTea,1.00\n")
    assert refused.code == "SCHEMA_DRIFT"
    assert "day" in refused.expected


def test_a_broken_day_is_quarantined_and_not_taken_from_the_range(settings: Settings) -> None:
    house = reports(settings)
    content = (
        '"July 8, 2025 - July 31, 2025"\nCampaign,Day,Cost\nTea,2025-07-09,1.00\nTea,someday,1.00\n'
    )
    landing = house.land("shop/a.csv", content)
    assert landing.rows_quarantined == 1
    assert {fault["column_name"] for fault in house.quarantine(landing)} >= {"period_start"}


def test_a_range_that_runs_backwards_is_not_believed() -> None:
    period = Period(stated=PERIOD["stated"], formats=("%Y%m%d",))
    assert stated_days(period, ("report 20250731-20250708.csv",), "") is None


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("1 Sept 2025", "en", date(2025, 9, 1)),
        ("1 März 2025", "de", date(2025, 3, 1)),
        ("1 août 2025", "fr", date(2025, 8, 1)),
        ("1 déc. 2025", "fr", date(2025, 12, 1)),
        ("1 tháng 10 2025", "vi", date(2025, 10, 1)),
        ("1 Mai 2025", "de", date(2025, 5, 1)),
        ("31 June 2025", "en", None),
        ("1 août 2025", "de", None),
    ],
)
def test_months_are_named_as_the_language_names_them(
    said: str, language: str, day: date | None
) -> None:
    assert day_of(said, ("%d %B %Y", "%d %b %Y"), (language,)) == day


def test_of_a_month_that_is_not_over_a_report_speaks_to_the_day_of_its_export(
    settings: Settings,
) -> None:
    house = reports(settings)
    made = datetime(2026, 3, 20, 9, tzinfo=UTC)
    landing = house.land(
        "shop/a.csv", "Campaign,Month,Cost\nA,2026-02-01,5\nA,2026-03-01,7\n", made
    )
    assert (landing.covered_from, landing.covered_to) == (date(2026, 2, 1), date(2026, 3, 20))
    assert [row["period_end"] for row in house.rows(landing)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
    ]


def test_a_day_after_the_export_is_not_taken_for_a_running_month(settings: Settings) -> None:
    house = reports(settings)
    made = datetime(2026, 3, 20, 9, tzinfo=UTC)
    landing = house.land("shop/a.csv", "Campaign,Day,Cost\nA,2026-03-29,5\n", made)
    assert landing.covered_to == date(2026, 3, 29)
