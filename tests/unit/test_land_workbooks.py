"""Workbooks as people and programs make them: each cell's exact value, or the reason why not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from landed_exports import House, declared
from openpyxl.worksheet.worksheet import Worksheet

from models.contract import Stream
from pipelines import flow
from pipelines.land import FileQuarantined
from pipelines.land.readers import xlsx
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.storage import StorageError

HEADER = ["Order", "Date", "Amount", "Note"]
FIRST = ["A1", "2026-02-01", 12.5, "x"]
SHEET = "xl/worksheets/sheet1.xml"
# 46054 days after 1899-12-30 are 2026-02-01; of 1904-01-01 it is day 44592.
SERIAL_1900, SERIAL_1904 = 46054, 44592


def orders() -> Stream:
    """The orders' contract for workbooks; a date may also be Excel's number of a day."""
    columns = declared().model_dump()["columns"]
    columns[1]["formats"] = ["%Y-%m-%d", "excel"]
    shapes = [{"name": "xlsx", "format": "xlsx"}]
    return declared(shapes=shapes, columns=columns, quarantine_limit=1)


def book_of(make: Callable[[openpyxl.Workbook, Worksheet], object]) -> bytes:
    """A workbook with the header and a first row, then what `make` does to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(HEADER)
    sheet.append(FIRST)
    make(book, sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_rows(xml: str) -> bytes:
    """A workbook whose rows are written as other programs write them."""
    content = book_of(lambda book, sheet: sheet.append(["A2", "2026-02-02", 2, "y"]))
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w") as copy:
        for part in book.infolist():
            data = book.read(part).decode() if part.filename.endswith(".xml") else ""
            if part.filename == SHEET:
                start, end = data.index("<sheetData>"), data.index("</sheetData>")
                data = f"{data[:start]}<sheetData>{xml}{data[end:]}"
            copy.writestr(part, data or book.read(part))
    return target.getvalue()


def cells(*texts: str) -> str:
    """Cells without place, with text in them."""
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


TOP = f'<row r="1">{cells(*HEADER)}</row>'


@pytest.mark.parametrize(
    ("make", "landed"),
    [
        (lambda b, s: s.append(["A2", SERIAL_1900, 1, None]), (2026, 2, 1, "1.00")),
        (lambda b, s: (setattr(b, "epoch", datetime(1904, 1, 1)),  # noqa: DTZ001
                       s.append(["A2", SERIAL_1904, 1, None])), (2026, 2, 1, "1.00")),
        (lambda b, s: (setattr(b, "epoch", datetime(1904, 1, 1)),  # noqa: DTZ001
                       s.append(["A2", date(2026, 2, 3), 1, None])), (2026, 2, 3, "1.00")),
        (lambda b, s: s.append(["A2", "2026-02-02", "7.25", None]), (2026, 2, 2, "7.25")),
        (lambda b, s: s.append(["A2", "2026-02-02", " 7.25 ", None]), (2026, 2, 2, "7.25")),
        (lambda b, s: s.append(["A2", "2026-02-02", 12.500000000000002, None]),
         (2026, 2, 2, "12.50")),
        (lambda b, s: s.append(["A2", "2026-02-02", -1e-2, None]), (2026, 2, 2, "-0.01")),
        (lambda b, s: s.append(["A2", "2026-02-02", 123456789012.25, None]),
         (2026, 2, 2, "123456789012.25")),
        (lambda b, s: (s.append(["A2", "2026-02-02", 2, None]),
                       s.row_dimensions.__getitem__(3).__setattr__("hidden", True)),
         (2026, 2, 2, "2.00")),
        (lambda b, s: (s.append(["A2", "2026-02-02", 2, None]),
                       s.column_dimensions.__getitem__("C").__setattr__("hidden", True)),
         (2026, 2, 2, "2.00")),
        (lambda b, s: (s.append(["A2", "2026-02-02", 2, None]), setattr(s, "title", "O'Ⅷ 漢")),
         (2026, 2, 2, "2.00")),
        (lambda b, s: (s.append(["A2", "2026-02-02", 0.5, None]),
                       setattr(s["C3"], "number_format", "0%")), (2026, 2, 2, "0.50")),
    ],
)  # fmt: skip
def test_f037_a_cell_lands_as_its_exact_value(
    settings: Settings, make: Callable[..., Any], landed: tuple[int, int, int, str]
) -> None:
    house = House.of(settings, orders())
    first, second = house.rows(house.land("shop/a.xlsx", book_of(make)))
    assert (first["order_id"], str(first["amount"])) == ("A1", "12.50")
    assert (second["order_id"], second["order_date"]) == ("A2", date(*landed[:3]))
    assert str(second["amount"]) == landed[3]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        *((["A2", "2026-02-02", word, None], "amount", "ERROR_CELL")
          for word in ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!")),
        (["A2", "2026-02-02", "=SUM(C2)", None], "amount", "NO_CACHED_VALUE"),
        (["A2", time(10, 30), 1, None], "order_date", "NOT_A_DATE"),
        (["A2", "2026-02-02", 0.125, None], "amount", "NOT_EXACT"),
        (["A2", "2026-02-02", True, None], "amount", "NOT_A_NUMBER"),
        (["A2", "2026-02-02", date(2026, 2, 1), None], "amount", "NOT_A_NUMBER"),
        ([None, "2026-02-02", 1, None], "order_id", "MISSING_VALUE"),
        ([1234567890123456, "2026-02-02", 1, None], "order_id", "EXCEL_DAMAGE"),
        (["A2", "2026-02-02", 1, None, "beyond"], "", "RAGGED_ROW"),
    ],
)  # fmt: skip
def test_f037_a_cell_that_is_no_value_costs_its_row(
    settings: Settings, row: list[Any], column: str, code: str
) -> None:
    house = House.of(settings, orders())
    landing = house.land("shop/a.xlsx", book_of(lambda book, sheet: sheet.append(row)))
    (fault,) = house.quarantine(landing)
    assert (fault["column_name"], fault["code"], fault["_row_number"]) == (column, code, 3)
    assert [each["order_id"] for each in house.rows(landing)] == ["A1"]


def test_f037_of_merged_cells_only_the_first_has_the_value(settings: Settings) -> None:
    def merge(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.append([None, "2026-02-02", 1, None])
        sheet.merge_cells("A2:A3")

    house = House.of(settings, orders())
    (fault,) = house.quarantine(house.land("shop/a.xlsx", book_of(merge)))
    assert (fault["code"], fault["_row_number"]) == ("MISSING_VALUE", 3)


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        # Neither rows nor cells say their place.
        (f"<row>{cells(*HEADER)}</row><row>{cells('A1', '2026-02-01', '1', '')}</row>", [2]),
        # Rows that are not there are blank.
        (f'{TOP}<row r="4">{cells("A1", "2026-02-01", "1", "")}</row>'
         f'<row r="7">{cells("A2", "2026-02-01", "1", "")}</row>', [4, 7]),
        # A formula with the value that was calculated last.
        (f'{TOP}<row r="2">{cells("A1", "2026-02-01")}<c><f>1+1</f><v>2</v></c></row>', [2]),
        # A text of several fonts is one text.
        (f'{TOP}<row r="2"><c t="inlineStr"><is><r><t>A</t></r><r><t>1</t></r></is></c>'
         f'{cells("2026-02-01", "1")}</row>', [2]),
    ],
)  # fmt: skip
def test_f037_sheets_of_other_programs_are_read_whole(
    settings: Settings, rows: str, numbers: list[int]
) -> None:
    house = House.of(settings, orders())
    landing = house.land("shop/a.xlsx", with_rows(rows))
    assert [row["_row_number"] for row in house.rows(landing)] == numbers
    assert house.rows(landing)[0]["order_id"] == "A1"


@pytest.mark.parametrize("xml", ["", TOP, f"{TOP}<row", '<row r="1"><c r="!"/></row>'])
def test_f037_a_sheet_without_rows_or_cut_off_is_refused(settings: Settings, xml: str) -> None:
    result = House.of(settings, orders()).put("shop/a.xlsx", with_rows(xml))
    assert isinstance(result, FileQuarantined)
    assert result.code in ("UNKNOWN_FORMAT", "HEADER_ONLY", "UNREADABLE")


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        (b'r="C3"', b'r="C2"', "the cell C2 stands in row 3"),
        (b'r="C3"', b'r="A3"', "a cell stands twice or out of order"),
        (b'<row r="3"', b'<row r="2"', "a row stands twice or out of order"),
    ],
)
def test_f037_cells_that_say_another_place_than_they_have_are_refused(
    settings: Settings, was: bytes, now: bytes, reason: str
) -> None:
    content = book_of(lambda _, sheet: sheet.append(["A2", "2026-02-02", 7, "y"]))
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w") as copy:
        for each in book.infolist():
            part = book.read(each)
            assert each.filename != SHEET or was in part
            copy.writestr(each, part.replace(was, now) if each.filename == SHEET else part)

    refused = House.of(settings, orders()).refuse("shop/a.xlsx", target.getvalue())

    assert (refused.code, reason in refused.reason) == ("UNREADABLE", True)


def test_f037_a_workbook_whose_rows_are_counted_otherwise_is_set_aside_and_the_others_land(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fault that no landing passes keeps reading in this process, where the count is changed.
    monkeypatch.setenv("KPI_FAULT", "release.after_ledger")
    count = xlsx._census
    # Two rows are filled, the header included; of the other workbook three.
    monkeypatch.setattr(
        xlsx,
        "_census",
        lambda *a: (2, {}) if count(*a)[0] == 3 else count(*a),
    )
    pipeline = flow.Pipeline(
        settings, {"shop__orders": orders()}, Ledger(settings.ledger_url), flow.say_nothing
    )
    more = {
        "one": lambda book, sheet: None,
        "two": lambda book, sheet: sheet.append(["A2", "2026-02-02", 2, "y"]),
    }
    (settings.inbox / "shop").mkdir()
    for name, make in more.items():
        (settings.inbox / "shop" / f"{name}.xlsx").write_bytes(book_of(make))

    landed = flow.land(pipeline)

    [aside] = landed.quarantined
    assert (aside.file, aside.code, aside.table) == (
        "shop/two.xlsx",
        "NOT_CONSERVED",
        "shop__orders",
    )
    assert "2 rows of the sheet hold values, but 3 were read" in aside.reason
    assert [n.file for n in landed.landings] == ["shop/one.xlsx"]
    assert flow.land(pipeline) == flow.Landed()


def test_f110_without_the_guard_against_entities_no_workbook_is_opened_nor_blamed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openpyxl.DEFUSEDXML", False)
    house = House.of(settings, orders())
    with pytest.raises(StorageError, match="openpyxl does not use defusedxml"):
        house.put("shop/a.xlsx", book_of(lambda book, sheet: None))
