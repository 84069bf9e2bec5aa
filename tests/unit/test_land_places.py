"""What an export's folder says of it, and which of its rows are notes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from landed_exports import MIDNIGHT, ORDERS, House, declared
from pydantic import ValidationError

from models.contract import Stream
from models.contract_parts import is_day_first
from pipelines.land import Landing
from pipelines.settings import Settings

HEADER = "Order,Date,Amount,Note\n"
BY_FOLDER = [
    {"name": "day_first", "folder": "(?i)^day-first", "day_first": True},
    {"name": "month_first", "folder": "(?i)^month-first", "day_first": False},
    {"name": "csv"},
]


def of_two_orders() -> Stream:
    """The orders' contract, with dates as Britons and as Americans write them."""
    columns = declared().model_dump(exclude_unset=True)["columns"]
    formats = {"formats": ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"]}
    columns = [{**c, **(formats if c["name"] == "order_date" else {})} for c in columns]
    return declared(columns=columns, shapes=BY_FOLDER, quarantine_limit=1)


@pytest.mark.parametrize(
    ("folder", "day"), [("Day-first/2026/", date(2026, 4, 3)), ("month-first/", date(2026, 3, 4))]
)
def test_f031_the_folder_says_which_of_two_numbers_is_the_day(
    settings: Settings, folder: str, day: date
) -> None:
    house = House.of(settings, of_two_orders())
    landing = house.land(f"shop/{folder}a.csv", f"{HEADER}A1,03/04/2026,1.00,x\n")
    assert [row["order_date"] for row in house.rows(landing)] == [day]


def test_f031_where_nobody_says_it_such_a_date_is_set_aside_and_any_other_lands(
    settings: Settings,
) -> None:
    house = House.of(settings, of_two_orders())
    rows = "A1,03/04/2026,1.00,x\nA2,25/04/2026,1.00,x\nA3,2026-04-03,1.00,x\nA4,3.4.2026,1.00,x\n"
    landing = house.land("shop/a.csv", HEADER + rows)
    assert [row["order_id"] for row in house.rows(landing)] == ["A3", "A4"]
    assert {row["order_date"] for row in house.rows(landing)} == {date(2026, 4, 3)}
    assert all("day-first or month-first" in row["remedy"] for row in house.quarantine(landing))


def test_a_day_that_is_of_the_other_order_is_set_aside(settings: Settings) -> None:
    house = House.of(settings, of_two_orders())
    landing = house.land("shop/month-first/a.csv", f"{HEADER}A1,25/04/2026,1.00,x\n")
    assert landing.rows_quarantined == 1


@pytest.mark.parametrize(
    ("form", "order"),
    [
        ("%d/%m/%Y", True),
        ("%m/%d/%y %I:%M %p", False),
        ("%d-%m-%Y", True),
        ("%d.%m.%Y", None),
        ("%Y/%m/%d", None),
        ("%b %d, %Y", None),
    ],
)
def test_only_formats_that_another_country_reads_otherwise_have_an_order(
    form: str, order: bool | None
) -> None:
    assert is_day_first(form) is order


NOTES = [{"rule": "note", "cell": 1, "pattern": ".+", "alone": True}]


@pytest.mark.parametrize("note", ["My report", "My report,,,", '"Copyright (c), all of it",, ,'])
def test_a_note_alone_in_its_row_is_no_data_however_wide_the_row_is(
    settings: Settings, note: str
) -> None:
    house = House.of(settings, declared(skip=NOTES))
    landing = house.land("shop/a.csv", f"{HEADER}A1,2026-02-01,1.00,x\n\n{note}\n")
    assert landing.rows_skipped == {"blank": 1, "header": 1, "note": 1}
    assert landing.rows_landed == 1


@pytest.mark.parametrize("row", ["A2,,1.00,", ",2026-02-01,,"])
def test_a_row_with_another_cell_is_no_note(settings: Settings, row: str) -> None:
    house = House.of(settings, declared(skip=NOTES))
    landing = house.put("shop/a.csv", f"{HEADER}A1,2026-02-01,1.00,x\n{row}\n")
    assert isinstance(landing, Landing)
    assert "note" not in landing.rows_skipped


def test_what_is_alone_is_not_empty() -> None:
    with pytest.raises(ValidationError, match="not `empty`"):
        declared(skip=[{"rule": "note", "cell": 1, "empty": True, "alone": True}])


@pytest.mark.parametrize(
    ("folder", "company"),
    [("", "only"), ("acme", "acme"), ("day-first", "only"), ("day-first/acme", "acme")],
)
def test_a_part_of_the_folder_can_be_taken(settings: Settings, folder: str, company: str) -> None:
    part = "^(?:(?:day|month)-first/)?(?!(?:day|month)-first$)(.+)"
    own = {"name": "company", "type": "text", "taken_from": {"folder": part, "otherwise": "only"}}
    house = House.of(settings, declared(columns=[*ORDERS["columns"], own]))
    name = "/".join(part for part in ("shop", folder, "a.csv") if part)
    landing = house.land(name, f"{HEADER}A1,2026-02-01,1,x\n")
    assert [row["company"] for row in house.rows(landing)] == [company]


WHOSE = {
    "name": "account_id",
    "headers": ["Account ID"],
    "type": "text",
    "separators": ["-"],
    "taken_from": {"folder": True, "otherwise_cell": "account_name", "otherwise": "only"},
}
NAME = {"name": "account_name", "headers": ["Account"], "type": "text"}


@pytest.mark.parametrize(
    ("folder", "header", "cell", "account"),
    [
        ("", "Account ID", "123-456-7890", "1234567890"),
        ("", "Account ID", "1234567890", "1234567890"),
        ("acme", "Account ID", "123-456-7890", "1234567890"),
        ("987-654-3210", "Account", "Acme Ltd", "9876543210"),
        ("", "Account", "Acme Ltd", "Acme Ltd"),
        ("", "Elsewhere", "x", "only"),
    ],
)
def test_whose_rows_they_are_is_told_by_the_best_that_the_file_has(
    settings: Settings, folder: str, header: str, cell: str, account: str
) -> None:
    house = House.of(settings, declared(columns=[*ORDERS["columns"], WHOSE, NAME]))
    name = "/".join(part for part in ("shop", folder, "a.csv") if part)
    landing = house.land(name, f"{HEADER.strip()},{header}\nA1,2026-02-01,1,x,{cell}\n")
    assert [row["account_id"] for row in house.rows(landing)] == [account]


def test_an_account_with_and_without_hyphens_is_one(settings: Settings) -> None:
    window = {"rule": "window", "date": "order_date", "scope": ["account_id"]}
    stream = declared(columns=[*ORDERS["columns"], WHOSE, NAME], key=[], load=window)
    house = House.of(settings, stream)
    for day, written in enumerate(("123-456-7890", "1234567890"), start=1):
        rows = f"{HEADER.strip()},Account ID\nA1,2026-02-01,{day},x,{written}\n"
        house.land(f"shop/{day}.csv", rows, MIDNIGHT + timedelta(days=day))
    assert [row["amount"] for row in house.view()] == [Decimal(2)]


def test_a_cell_taken_instead_is_one_of_the_streams_columns() -> None:
    with pytest.raises(ValidationError, match="otherwise_cell names 'account_name'"):
        declared(columns=[*ORDERS["columns"], WHOSE])


def test_marks_within_a_number_are_not_left_out() -> None:
    amount = {**ORDERS["columns"][2], "separators": ["-"]}
    with pytest.raises(ValidationError, match="goes with an identifier"):
        declared(columns=[*ORDERS["columns"][:2], amount])
