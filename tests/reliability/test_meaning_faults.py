"""Exports that can be read and mean something else than they seem to: headers, noise, clocks, past.

By number in the failure model; expected values are computed in plain Python.
"""

# ruff: noqa: DTZ001  (landed time stamps are UTC without saying so; look-alikes are meant)

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from landed_exports import House, declared, of_one_column, workbook_of

from pipelines.settings import Settings

HEADER = "Order,Date,Amount,Note"
ROW = "A1,2026-02-01,12.50,x"
FULL_WIDTH = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\n{ROW}\n".encode(),
        f'\ufeff"Order",Date,Amount,Note\r\n{ROW}\r\n'.encode(),
        f"\ufeff{HEADER}\r{ROW}\r".encode(),
    ],
    ids=["plain", "quoted", "old line ends"],
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_f021_a_byte_order_mark_is_no_part_of_the_first_header(
    settings: Settings, content: bytes, is_zipped: bool
) -> None:
    if is_zipped:
        target = BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("a.csv", content)
        content = target.getvalue()
    house = House.of(settings)
    landing = house.land("shop/a.zip" if is_zipped else "shop/a.csv", content)
    assert (landing.drift, landing.columns_missing) == ([], [])
    assert [row["order_id"] for row in house.rows(landing)] == ["A1"]


def test_f021_in_front_of_a_cell_it_is_a_character_of_it(settings: Settings) -> None:
    house = House.of(settings)
    landing = house.land("shop/a.csv", f"{HEADER}\n\ufeff{ROW}\n")
    assert [row["order_id"] for row in house.rows(landing)] == ["\ufeffA1"]


def test_f038_sums_of_floats_in_a_workbook_land_as_the_amounts_they_show(
    settings: Settings,
) -> None:
    chance = random.Random(38)
    cents = [[chance.randrange(-10_000_00, 10_000_00) for _ in range(5)] for _ in range(400)]
    rows = [[f"A{n}", "2026-02-01", sum(c / 100 for c in five)] for n, five in enumerate(cents)]
    assert sum(1 for _, _, amount in rows if amount != round(amount, 2)) > 100
    stream = declared(shapes=[{"name": "xlsx", "format": "xlsx"}])
    house = House.of(settings, stream)
    landing = house.land("shop/a.xlsx", workbook_of([["Order", "Date", "Amount"], *rows]))
    assert [row["amount"] for row in house.rows(landing)] == [
        Decimal(sum(five)) / 100 for five in cents
    ]


@pytest.mark.parametrize("amount", [0.305, 12.501, 1.0001, 0.000001, 1e30, 2.0**80])
def test_f038_what_is_more_than_noise_costs_its_row(settings: Settings, amount: float) -> None:
    stream = declared(shapes=[{"name": "xlsx", "format": "xlsx"}], quarantine_limit=1)
    house = House.of(settings, stream)
    rows = [["Order", "Date", "Amount"], ["A1", "2026-02-01", 1.5], ["A2", "2026-02-01", amount]]
    landing = house.land("shop/a.xlsx", workbook_of(rows))
    (fault,) = house.quarantine(landing)
    assert (fault["column_name"], fault["_row_number"]) == ("amount", 3)
    assert landing.rows_landed == 1


@pytest.mark.parametrize(
    "written",
    [
        "ORDER,DATE,AMOUNT,NOTE",
        " Order ,Date\t, Amount,Note ",
        "\u00a0Order,\u3000Date,Amount\u2003,Note",
        HEADER.translate(FULL_WIDTH).replace("\uff0c", ","),
        "Or\u200bder,D\u00adate,\u200eAmount,No\u2060te",
        "Or\u017fer,Date,Amount,Note".replace("\u017f", "d"),
    ],
    ids=["case", "blanks", "other blanks", "full width", "invisible marks", "plain"],
)
def test_f048_a_header_is_known_by_what_it_says(settings: Settings, written: str) -> None:
    landing = House.of(settings).land("shop/a.csv", f"{written}\n{ROW}\n")
    assert (landing.drift, landing.columns_missing) == ([], [])


@pytest.mark.parametrize(
    ("written", "column", "letter"),
    [
        ("Order,Date,\u0410mount,Note", "amount", "Cyrillic Capital Letter A"),
        ("\u041erder,Date,Amount,Note", "order_id", "Cyrillic Capital Letter O"),
        ("Order,D\u0430t\u0435,Amount,Note", "order_date", "Cyrillic Small Letter Ie"),
        ("Order,Date,Amount,N\u03bfte", "note", "Greek Small Letter Omicron"),
        ("Order,Date,Amount,Note,\u0410mount", "amount", "Cyrillic Capital Letter A"),
    ],
    ids=["required", "the first", "two letters", "optional", "beside the true one"],
)
def test_f048_a_header_that_only_looks_like_a_declared_one_is_refused(
    settings: Settings, written: str, column: str, letter: str
) -> None:
    row = f"{ROW},1" if written.count(",") == 4 else ROW
    refused = House.of(settings).refuse("shop/a.csv", f"{written}\n{row}\n")
    assert (refused.code, refused.column, refused.row) == ("SCHEMA_DRIFT", column, 1)
    assert refused.value in written.split(",")
    assert letter in refused.reason
    assert "Type that header anew" in refused.remedy


def test_f048_two_headers_that_say_the_same_are_refused(settings: Settings) -> None:
    refused = House.of(settings).refuse("shop/a.csv", f"{HEADER},\uff21mount\n{ROW},2\n")
    assert refused.code == "DUPLICATE_HEADER"


def test_f048_a_contract_may_declare_headers_of_any_script(settings: Settings) -> None:
    columns = [
        {**column, "headers": [header]}
        for column, header in zip(
            declared().model_dump(exclude_unset=True)["columns"],
            ["Номер", "Дата", "Сумма", "Αρ"],
            strict=True,
        )
    ]
    house = House.of(settings, declared(columns=columns))
    landing = house.land("shop/a.csv", f"НОМЕР,дата,Сумма,αρ,Note\n{ROW},y\n")
    assert landing.drift == ["Note"]
    assert landing.columns_missing == []


def around_changes_of_the_clock(zone: ZoneInfo, years: range) -> Iterator[datetime]:
    """Local times, a quarter of an hour apart, around each moment at which the clocks change."""
    hour = datetime(years[0], 1, 1, tzinfo=UTC)
    while hour.year < years[-1] + 1:
        following = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            local = following.astimezone(zone).replace(tzinfo=None)
            yield from (local + timedelta(minutes=15 * n) for n in range(-16, 17))
        hour = following


def in_utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment of a local time; of two the later; None where the clocks passed over it."""
    moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if any(moment.astimezone(zone).replace(tzinfo=None) != local for moment in moments):
        return None
    return max(moments).replace(tzinfo=None)


ZONES = {
    "Europe/Berlin": 8,
    "America/New_York": 8,
    "America/Sao_Paulo": 0,
    "Australia/Sydney": 8,
    "Pacific/Auckland": 8,
    "Asia/Tokyo": 0,
}
HALF_HOURS = {
    "Asia/Kolkata": 0,
    "Asia/Kathmandu": 0,
    "America/St_Johns": 8,
    "Australia/Adelaide": 8,
    "Australia/Lord_Howe": 8,
}


def lands_as_the_zone_says(settings: Settings, name: str, changes: int) -> None:
    zone = ZoneInfo(name)
    around = list(around_changes_of_the_clock(zone, range(2024, 2028)))
    assert len(around) == 33 * changes
    hours = [datetime(2024, 2, 28, 22, 30) + timedelta(hours=5 * n) for n in range(60)]
    local = sorted({*around, *hours})
    column = {"type": "timestamp", "formats": ["%Y-%m-%d %H:%M:%S"], "time_zone": name}
    house = House.of(settings, of_one_column(column))
    lines = "".join(f"{number};{moment}\n" for number, moment in enumerate(local))

    landing = house.land("shop/a.csv", f"N;Value\n{lines}")

    true = {n: moment for n, each in enumerate(local) if (moment := in_utc(each, zone))}
    assert {row["n"]: row["value"] for row in house.rows(landing)} == true
    refused = {fault["value"] for fault in house.quarantine(landing)}
    assert refused == {str(each) for each in local if in_utc(each, zone) is None}
    assert bool(refused) is bool(changes)


@pytest.mark.parametrize(("zone", "changes"), ZONES.items())
def test_f055_around_every_change_of_the_clocks_a_time_is_its_moment_or_refused(
    settings: Settings, zone: str, changes: int
) -> None:
    lands_as_the_zone_says(settings, zone, changes)


@pytest.mark.parametrize(("zone", "changes"), HALF_HOURS.items())
def test_f056_zones_that_are_no_whole_hours_off_land_to_the_minute(
    settings: Settings, zone: str, changes: int
) -> None:
    lands_as_the_zone_says(settings, zone, changes)


def test_f058_what_is_given_back_lands_with_its_sign_and_adds_up(settings: Settings) -> None:
    accountants = {"name": "amount", "headers": ["Amount"], "type": "decimal(18,2)"}
    accountants |= {"required": True, "parentheses": True, "trailing_minus": True}
    columns = [*declared().model_dump(exclude_unset=True)["columns"]]
    columns[2] = accountants
    house = House.of(settings, declared(columns=columns))
    amounts = ["100.00", "-20.00", "(5.25)", "3.75-", '"(1,000.00)"', "-0.00"]
    rows = "".join(f"A{n},2026-02-01,{amount},\n" for n, amount in enumerate(amounts))

    landing = house.land("shop/a.csv", f"{HEADER}\n{rows}")

    true = [Decimal(text) for text in ("100", "-20", "-5.25", "-3.75", "-1000", "0")]
    assert [row["amount"] for row in house.rows(landing)] == true
    (sums,) = landing.money["amount"].values()
    assert Decimal(sums["landed"]) == sum(true) == Decimal("-929.00")


WINDOW: dict[str, Any] = {
    "key": ["order_id"],
    "load": {"rule": "window", "date": "order_date"},
    "exported_at": {"file_name": r"(\d{4}-\d{2}-\d{2})"},
}


def of_days(days: list[date], amount: str) -> str:
    """An export with one order on each of these days."""
    return f"{HEADER}\n" + "".join(f"{day:%y%m%d},{day},{amount},\n" for day in days)


def history(house: House) -> list[date]:
    """Five hundred days that landed month by month."""
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(500)]
    for start in range(0, 500, 50):
        some = days[start : start + 50]
        house.land(f"shop/{some[-1]}.csv", of_days(some, "1.00"))
    return days


@pytest.mark.parametrize(("ago", "number"), [(20, "062"), (400, "063"), (499, "063")], ids=str)
def test_f062_f063_a_day_that_is_told_anew_changes_that_day_alone_however_long_ago(
    settings: Settings, ago: int, number: str
) -> None:
    house = House.of(settings, declared(**WINDOW))
    days = history(house)
    changed = days[-1] - timedelta(days=ago)

    house.land("shop/2026-06-30.csv", of_days([changed], "7.00"))

    true = {day: Decimal(7 if day == changed else 1) for day in days}
    assert {row["order_date"]: row["amount"] for row in house.view()} == true
    # What an export said before is not lost: its rows are still where they landed.
    assert sum(len(house.rows(landing)) for landing in house.landings) == len(days) + 1


def test_f063_history_that_is_told_anew_is_the_same_by_day_and_all_at_once(
    settings: Settings, tmp_path: Any
) -> None:
    daily, whole = House.of(settings, declared(**WINDOW)), House.of(settings, declared(**WINDOW))
    days = history(daily)
    for ago in (450, 401, 3):
        daily.land(f"shop/again/2026-06-{30 - ago % 7}.csv", of_days([days[-1 - ago]], "7.00"))
    told = [f"{day:%y%m%d},{day},1.00," for day in days]
    for ago in (450, 401, 3):
        told[-1 - ago] = told[-1 - ago].replace("1.00", "7.00")

    whole.land("shop/all 2026-06-30.csv", "\n".join([HEADER, *told]) + "\n")

    def said(house: House) -> list[tuple[Any, ...]]:
        return [(row["order_id"], row["order_date"], row["amount"]) for row in house.view()]

    assert said(daily) == said(whole)


def test_f066_rows_of_tests_are_left_out_by_a_rule_that_counts_them(settings: Settings) -> None:
    columns = [
        *declared().model_dump(exclude_unset=True)["columns"],
        {"name": "is_live", "headers": ["Live"], "type": "boolean"},
    ]
    skip = [{"rule": "test_mode", "column": "is_live", "pattern": "(?i)false|0"}]
    house = House.of(settings, declared(columns=columns, skip=skip))
    rows = [
        f"A{n},2026-02-01,1.00,,{live}" for n, live in enumerate(["true", "false", "TRUE", "0"])
    ]

    landing = house.land("shop/a.csv", "\n".join([f"{HEADER},Live", *rows]) + "\n")

    assert [row["order_id"] for row in house.rows(landing)] == ["A0", "A2"]
    assert landing.rows_skipped == {"header": 1, "test_mode": 2}
    (sums,) = landing.money["amount"].values()
    assert [Decimal(sums[part]) for part in ("in_file", "landed", "skipped")] == [4, 2, 2]
