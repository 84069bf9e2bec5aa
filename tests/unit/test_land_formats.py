"""Workbooks, Parquet and archives: the same rows as from text, each cell's value exact."""

# ruff: noqa: DTZ001  (landed time stamps are UTC without saying so, as DuckDB has them)

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landed_exports import House, declared, workbook_of

from models.contract import Stream
from pipelines.settings import Settings

CSV = "Order,Date,Amount,Note\nA1,2026-02-01,12.50,x\n"


def of_format(kind: str, **changes: Any) -> Stream:
    """The orders' contract for another format."""
    shape = {"name": kind, "format": kind, **changes.pop("shape", {})}
    return declared(shapes=[shape], **changes)


def workbook(
    rows: Sequence[Sequence[Any]], title: str = "Orders", before: list[str] | None = None
) -> bytes:
    """An Excel file with these rows, after sheets of other names."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for name in before or []:
        sheet.title = name
        sheet.append(["something else"])
        sheet = book.create_sheet()
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet(columns: dict[str, pa.Array]) -> bytes:
    """A Parquet file with these columns."""
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


HEADER: list[Any] = ["Order", "Date", "Amount", "Note"]


def test_f038_a_workbooks_cells_become_their_exact_values(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx"))
    content = workbook(
        [
            HEADER,
            ["A1", datetime(2026, 2, 1), 12.5, "x"],
            ["A2", "2026-02-02", 0.1 + 0.2, 7],
            [3, date(2026, 2, 3), "1000.10", True],
        ]
    )
    landing = house.land("shop/a.xlsx", content)
    assert [
        (row["order_id"], row["order_date"], row["amount"], row["note"], row["_row_number"])
        for row in house.rows(landing)
    ] == [
        ("A1", date(2026, 2, 1), Decimal("12.50"), "x", 2),
        ("A2", date(2026, 2, 2), Decimal("0.30"), "7", 3),
        ("3", date(2026, 2, 3), Decimal("1000.10"), "TRUE", 4),
    ]


def test_f037_only_the_named_sheet_is_read(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx", shape={"sheet": "Data"}))
    rows = [HEADER, ["A1", "2026-02-01", 1, None]]
    landing = house.land("shop/a.xlsx", workbook(rows, "Data", before=["Cover", "Notes"]))
    assert [row["order_id"] for row in house.rows(landing)] == ["A1"]


def test_f037_a_workbook_without_the_named_sheet_is_refused(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx", shape={"sheet": "Data"}))
    refused = house.refuse("shop/a.xlsx", workbook([HEADER, ["A1", "2026-02-01", 1, None]]))
    assert refused.code == "UNREADABLE"
    assert "Data" in refused.reason


def test_f037_a_workbook_that_lies_about_its_size_loses_no_row(settings: Settings) -> None:
    content = workbook([HEADER, *[[f"A{n}", "2026-02-01", n, None] for n in range(1, 12)]])
    lying = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(lying, "w") as copy:
        for part in book.infolist():
            data = book.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:D12"' in data
                data = data.replace(b'<dimension ref="A1:D12"', b'<dimension ref="A1:D3"')
            copy.writestr(part, data)
    house = House.of(settings, of_format("xlsx"))
    assert house.land("shop/a.xlsx", lying.getvalue()).rows_landed == 11


def test_f037_a_formula_without_value_and_an_error_are_quarantined(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx", quarantine_limit=1))
    rows = [HEADER, ["A1", "2026-02-01", "=1+1", None], ["A2", "2026-02-01", "#REF!", None]]
    landing = house.land("shop/a.xlsx", workbook([*rows, ["A3", "2026-02-01", 3, None]]))
    formula, error = house.quarantine(landing)
    assert (formula["code"], formula["_row_number"]) == ("NO_CACHED_VALUE", 2)
    assert (error["code"], error["_row_number"], error["value"]) == ("ERROR_CELL", 3, "#REF!")
    assert {formula["column_name"], error["column_name"]} == {"amount"}
    assert [row["order_id"] for row in house.rows(landing)] == ["A3"]


def test_f037_both_date_systems_are_honoured(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx"))
    book = openpyxl.Workbook()
    book.epoch = datetime(1904, 1, 1)
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["A1", datetime(2026, 2, 1), 1, None])
    landing = house.land("shop/a.xlsx", saved(book))
    assert house.rows(landing)[0]["order_date"] == date(2026, 2, 1)


def test_f035_blank_rows_of_a_sheet_are_skipped_and_keep_the_numbers_right(
    settings: Settings,
) -> None:
    house = House.of(settings, of_format("xlsx", shape={"preamble_rows": 3}))
    rows = [["Report"], [], HEADER, ["A1", "2026-02-01", 1, None], [], [" "]]
    content = workbook([*rows, ["A2", "2026-02-01", 2, None], []])
    landing = house.land("shop/a.xlsx", content)
    assert [row["_row_number"] for row in house.rows(landing)] == [4, 7]
    assert landing.rows_skipped == {"preamble": 2, "header": 1, "blank": 2}
    assert landing.rows_in_file == 7


def test_f032_an_identifier_of_more_digits_than_excel_keeps_is_quarantined(
    settings: Settings,
) -> None:
    house = House.of(settings, of_format("xlsx", quarantine_limit=1))
    rows = [HEADER, [1234567890123456, "2026-02-01", 1, None], ["A2", "2026-02-01", 2, None]]
    landing = house.land("shop/a.xlsx", workbook(rows))
    (fault,) = house.quarantine(landing)
    assert (fault["code"], fault["column_name"]) == ("EXCEL_DAMAGE", "order_id")
    assert fault["value"] == "1234567890123456"


def test_a_date_cell_with_a_time_is_not_cut_to_a_day(settings: Settings) -> None:
    house = House.of(settings, of_format("xlsx", quarantine_limit=1))
    rows = [HEADER, ["A1", datetime(2026, 2, 1, 13, 30), 1, None], ["A2", "2026-02-01", 1, None]]
    landing = house.land("shop/a.xlsx", workbook(rows))
    (fault,) = house.quarantine(landing)
    assert (fault["code"], fault["value"]) == ("NOT_A_DATE", "2026-02-01 13:30:00")


def test_a_percentage_of_a_sheet_is_its_fraction(settings: Settings) -> None:
    columns = [
        {"name": "n", "headers": ["N"], "type": "integer", "required": True},
        {"name": "rate", "headers": ["Rate"], "type": "decimal(9,4)", "percent": True},
    ]
    stream = of_format("xlsx", columns=columns, key=["n"])
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["N", "Rate"])
    sheet.append([1, 0.1234])
    sheet["B2"].number_format = "0.00%"
    house = House.of(settings, stream)
    assert house.rows(house.land("shop/a.xlsx", saved(book)))[0]["rate"] == Decimal("0.1234")


def test_f110_a_workbook_with_an_entity_bomb_is_refused(settings: Settings) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    )
    target = io.BytesIO()
    content = workbook([HEADER, ["A1", "2026-02-01", 1, None]])
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w") as copy:
        for part in book.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            copy.writestr(part, bomb if is_sheet else book.read(part))
    house = House.of(settings, of_format("xlsx"))
    assert house.refuse("shop/a.xlsx", target.getvalue()).code in ("UNREADABLE", "UNKNOWN_FORMAT")


def test_parquet_cells_become_their_exact_values(settings: Settings) -> None:
    columns = [
        *declared().model_dump()["columns"],
        {"name": "paid_at", "headers": ["Paid"], "type": "timestamp", "formats": ["%d.%m.%Y"]},
        {"name": "rank", "headers": ["Rank"], "type": "integer"},
        {"name": "is_new", "headers": ["New"], "type": "boolean"},
    ]
    house = House.of(settings, of_format("parquet", columns=columns))
    content = parquet(
        {
            "Order": pa.array(["A1", "A2"]),
            "Date": pa.array([date(2026, 2, 1), date(2026, 2, 2)]),
            "Amount": pa.array([Decimal("12.50"), None], pa.decimal128(10, 4)),
            "Note": pa.array(["", None]),
            "Paid": pa.array([datetime(2026, 2, 1, 10, 30, tzinfo=UTC), None]),
            "Rank": pa.array([2**53 + 1, None], pa.int64()),
            "New": pa.array([True, False]),
            "Other": pa.array([[1, 2], None]),
        }
    )
    landing = house.land("shop/a.parquet", content)
    first, second = house.rows(landing)
    assert first["amount"] == Decimal("12.50")
    assert first["rank"] == 9007199254740993
    assert first["paid_at"] == datetime(2026, 2, 1, 10, 30)
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert first["_extra"] == '{"Other":"[1,2]"}'
    assert (second["amount"], second["rank"], second["note"]) == (None, None, None)
    assert (landing.rows_in_file, landing.rows_skipped) == (2, {})
    assert landing.drift == ["Other"]
    assert [first["_row_number"], second["_row_number"]] == [1, 2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(12.5, Decimal("12.50")), (0.1, Decimal("0.10")), (0.1 + 0.2, None), (float("nan"), None)],
)
def test_f040_a_float_lands_as_money_only_if_it_is_exact(
    settings: Settings, value: float, expected: Decimal | None
) -> None:
    house = House.of(settings, of_format("parquet", quarantine_limit=1))
    columns = {
        "Order": pa.array(["A1"]),
        "Date": pa.array(["2026-02-01"]),
        "Amount": pa.array([value]),
    }
    landing = house.land("shop/a.parquet", parquet(columns))
    assert [row["amount"] for row in house.rows(landing)] == ([expected] if expected else [])


def test_f040_a_parquet_file_that_is_cut_off_is_refused(settings: Settings) -> None:
    content = parquet({"Order": pa.array(["A1"]), "Date": pa.array(["2026-02-01"])})
    house = House.of(settings, of_format("parquet"))
    assert house.refuse("shop/a.parquet", content[:-20]).code == "UNREADABLE"


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive with these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", zipped({"orders.csv": CSV})),
        ("a.zip", zipped({"folder/": "", "folder/orders.csv": CSV, "__MACOSX/._orders.csv": "x"})),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("a.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("a", CSV.encode()),
    ],
)
def test_f041_an_export_is_taken_out_of_its_archive(
    settings: Settings, name: str, content: bytes
) -> None:
    house = House.of(settings)
    landing = house.land(f"shop/{name}", content)
    assert house.rows(landing)[0]["amount"] == Decimal("12.50")


@pytest.mark.parametrize(
    ("content", "part_of_reason"),
    [
        (zipped({"a.csv": CSV, "b.csv": CSV}), "2 files"),
        (zipped({}), "0 files"),
        (zipped({"a.zip": zipped({"a.csv": CSV})}), "archive within an archive"),
        (zipped({"a.csv": CSV})[:-30], "damaged"),
        (gzip.compress(gzip.compress(CSV.encode(), mtime=0), mtime=0), "archive within an archive"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "damaged"),
    ],
)
def test_f041_f109_an_archive_of_anything_but_one_export_is_refused(
    settings: Settings, content: bytes, part_of_reason: str
) -> None:
    name = "a.gz" if content.startswith(b"\x1f") else "a.zip"
    refused = House.of(settings).refuse(f"shop/{name}", content)
    assert refused.code == "ARCHIVE"
    assert part_of_reason in refused.reason


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", workbook_of([["x"]])),
        ("a.csv", b"  <!DOCTYPE html><html><body>Sign in</body></html>"),
        ("a.csv", b"PAR1rest"),
        ("a.csv", b"%PDF-1.7"),
        ("a.csv", gzip.compress(b"x", mtime=0)),
        ("a.csv", b"\xd0\xcf\x11\xe0old excel"),
        ("a.xlsx", CSV.encode()),
        ("a.parquet", CSV.encode()),
        ("a.zip", CSV.encode()),
        ("a.zip", zipped({"a.csv": b"<html>"})),
    ],
)
def test_f042_a_file_that_is_not_what_its_name_says_is_refused(
    settings: Settings, name: str, content: bytes
) -> None:
    refused = House.of(settings).refuse(f"shop/{name}", content)
    assert refused.code == "MAGIC_MISMATCH"
    assert refused.expected


def test_names_with_quotes_and_other_scripts_do_no_harm(settings: Settings, tmp_path: Path) -> None:
    house = House.of(settings)
    name = "shop/o'; DROP TABLE x; --\n[1]*?é漢.csv"
    landing = house.land(name, CSV)
    assert landing.file == name
    assert house.view()[0]["order_id"] == "A1"
