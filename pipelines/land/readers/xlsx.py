"""Excel workbooks: one sheet, each cell as the exact text of its value.

Read through a parser that refuses entity bombs; the rows are counted a second time in the sheet's
XML, because a workbook may lie about its own size.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from models.contract_parts import EXCEL_SERIAL, Column, Shape
from pipelines.land import sql
from pipelines.land.errors import FileRefused, LandingError
from pipelines.land.readers import Layout, Records, TopRecord
from pipelines.land.readers.scratch import BrokenWriter, TextWriter
from pipelines.storage import StorageError

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
EXCEL_DIGITS = 15
"""Excel keeps and shows no more; what a double holds beyond is noise of its arithmetic."""
NOISE = Decimal("1e-9")
"""A sum of amounts in floats is off by less than this; what is off by more is another amount."""
MOST_DECIMALS = 6
"""Of a type with more decimals than this, such a small part may be meant."""
DAYS_TO_1904 = 1462
"""From day 0 of the date system of 1900 to day 0 of that of 1904."""
RECALCULATE = "Open it in Excel, recalculate, mend the cell, save, and export again."


def read_top(path: Path, shape: Shape, records: int) -> list[TopRecord]:
    """The first rows of the sheet.

    Raises:
        FileRefused: UNREADABLE.
    """
    top = []
    for number, row in _rows(path, shape):
        cells = [_text(each, shape, None) for each in row]
        while cells and not cells[-1].strip():
            cells.pop()
        top.append(TopRecord(tuple(cells)))
        if number == records:
            break
    return top


def read(path: Path, name: str, shape: Shape, layout: Layout, scratch: Path) -> Records:
    """The sheet's rows after the header.

    Raises:
        FileRefused: UNREADABLE.
        LandingError: the two counts of rows differ.
    """
    width, left_out = len(layout.headers), Counter[str]()
    filled, uncalculated = _census(path, shape)
    texts = {index for index, column in layout.columns.items() if column.type == "text"}
    serial = {i for i, column in layout.columns.items() if EXCEL_SERIAL in column.formats}
    is_1904 = bool(serial) and _counts_from_1904(path)
    blank, seen = 0, 0
    with (
        TextWriter(scratch / "records.parquet", width) as sound,
        BrokenWriter(scratch / "broken.parquet", layout.headers) as broken,
    ):
        for number, row in _rows(path, shape):
            cells = [_text(each, shape, layout.columns.get(n)) for n, each in enumerate(row)]
            for index in serial if is_1904 else ():
                if index < len(row) and _is_number(row[index].value):
                    later = _figure(row[index].value, None) + DAYS_TO_1904
                    cells[index] = _plain(later).replace(".", shape.decimal)
            seen += any(each.value is not None for each in row)
            if number < layout.first_row:
                continue
            holes = uncalculated.get(number, set())
            if not holes and not any(value.strip() for value in cells):
                blank += 1
                continue
            # Blank rows after the last filled one are formatting, and nobody counts them.
            left_out["blank"] += blank
            blank = 0
            if layout.skipped_by(cells):
                sound.add(number, [*cells, *[""] * (width - len(cells))][:width])
                continue
            faults = [
                fault
                for index, column in layout.columns.items()
                if index < len(row) or index in holes
                if (fault := _fault(row, index, column.name, index in holes, index in texts))
            ]
            if any(value.strip() for value in cells[width:]):
                faults.append(_ragged(len(cells), width))
            if faults:
                broken.add(number, cells, faults)
            else:
                sound.add(number, [*cells, *[""] * (width - len(cells))][:width])
    if seen != filled:
        raise LandingError(name, f"{filled} rows of the sheet hold values, but {seen} were read")
    return Records(
        sql.parquet([sound.path]),
        True,
        layout.first_row,
        sound.rows,
        +left_out,
        broken.path if broken.records else None,
        broken.records,
        native=True,
        notes=tuple(f"sheet {other!r} is not read" for other in other_sheets(path, shape)),
    )


def _rows(path: Path, shape: Shape) -> Iterator[tuple[int, tuple[Any, ...]]]:
    if not openpyxl.DEFUSEDXML:
        raise StorageError(
            "openpyxl does not use defusedxml, without which no workbook from outside is opened."
            " Install the locked requirements again, and unset OPENPYXL_DEFUSEDXML."
        )
    try:
        # As a stream: openpyxl would judge a path by its suffix.
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _sheet(book, shape.sheet)
            # The size that the sheet states may be wrong, and rows beyond it would be lost.
            sheet.reset_dimensions()
            yield from enumerate(sheet.iter_rows(), start=1)
    except (FileRefused, MemoryError):
        raise
    except Exception as error:
        # openpyxl lets through whatever a damaged workbook makes happen inside it.
        raise _unreadable(error) from error


def _text(each: Any, shape: Shape, column: Column | None) -> str:
    value = each.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        figure = _figure(value, column)
        if column and column.percent and "%" in (each.number_format or ""):
            return f"{_plain(figure.scaleb(2))}%".replace(".", shape.decimal)
        return _plain(figure).replace(".", shape.decimal)
    if isinstance(value, datetime):
        return str(value) if value.time() != time() else str(value.date())
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counts_from_1904(path: Path) -> bool:
    """Whether plain numbers count days as old Macs did; cells that are dates say it themselves."""
    with zipfile.ZipFile(path) as book:
        said = ElementTree.fromstring(book.read("xl/workbook.xml")).find(f"{MAIN}workbookPr")
    return said is not None and said.get("date1904", "0") in ("1", "true", "on")


def _figure(value: float, column: Column | None) -> Decimal:
    exact = Decimal(repr(value))
    if isinstance(value, int):
        return exact
    is_amount = column is not None and column.is_decimal and column.scale <= MOST_DECIMALS
    if column and is_amount and abs(value) < 10**EXCEL_DIGITS:
        amount = round(exact, column.scale)
        if abs(amount - exact) <= NOISE:
            return amount
    if len(exact.as_tuple().digits) <= EXCEL_DIGITS:
        return exact
    return Decimal(f"{value:.{EXCEL_DIGITS}g}")


def _plain(figure: Decimal) -> str:
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fault(
    row: tuple[Any, ...], index: int, column: str, hole: bool, text: bool
) -> tuple[str, ...] | None:
    if hole:
        reason = "the formula has no calculated value in the file"
        return ("NO_CACHED_VALUE", column, "", reason, "a value", RECALCULATE)
    each = row[index]
    if each.data_type == "e":
        reason = "Excel could not calculate the cell"
        return ("ERROR_CELL", column, str(each.value), reason, "a value", RECALCULATE)
    if text and _is_number(each.value) and abs(each.value) >= 10**EXCEL_DIGITS:
        return (
            "EXCEL_DAMAGE",
            column,
            _plain(Decimal(repr(each.value))),
            "a number of more than 15 digits, which Excel has rounded, stands for an identifier",
            "the identifier as text",
            "Format the column as text before the identifiers are put in, and export again.",
        )
    return None


def _ragged(found: int, width: int) -> tuple[str, ...]:
    return (
        "RAGGED_ROW",
        "",
        f"{found} cells",
        f"values beyond the last header: {found} cells, where the header has {width}",
        f"{width} cells",
        "Give the column a header, or take the values out.",
    )


def _census(path: Path, shape: Shape) -> tuple[int, dict[int, set[int]]]:
    """How many rows hold values, and which cells are formulas without one, from the XML itself."""
    filled, holes, number = 0, dict[int, set[int]](), 0
    try:
        with zipfile.ZipFile(path) as book, book.open(_part(book, shape.sheet)) as sheet:
            for _, element in ElementTree.iterparse(sheet):
                if element.tag != f"{MAIN}row":
                    continue
                number = _after(number, int(element.get("r") or number + 1), "row")
                place, has_value = -1, False
                for each in element.iter(f"{MAIN}c"):
                    place = _after(place, _place(each.get("r"), place + 1, number), "cell")
                    valued = bool(each.findtext(f"{MAIN}v")) or each.find(f"{MAIN}is") is not None
                    has_value |= valued
                    if not valued and each.find(f"{MAIN}f") is not None:
                        holes.setdefault(number, set()).add(place)
                filled += has_value
                element.clear()
    except (
        zipfile.BadZipFile,
        ElementTree.ParseError,
        DefusedXmlException,
        KeyError,
        ValueError,
        OSError,
    ) as error:
        raise _unreadable(error) from error
    return filled, holes


def other_sheets(path: Path, shape: Shape) -> tuple[str, ...]:
    """The names of sheets that hold values and are not read."""
    with zipfile.ZipFile(path) as book:
        parts = _parts(book)
        read = _part(book, shape.sheet)
        return tuple(
            name for name, part in parts.items() if part != read and _has_values(book, part)
        )


def _has_values(book: zipfile.ZipFile, part: str) -> bool:
    try:
        with book.open(part) as sheet:
            for _, element in ElementTree.iterparse(sheet):
                if element.tag in (f"{MAIN}v", f"{MAIN}t") and element.text:
                    return True
                element.clear()
    except (KeyError, ElementTree.ParseError, DefusedXmlException, zipfile.BadZipFile):
        # Whatever is in it, it is not read.
        return True
    return False


def _part(book: zipfile.ZipFile, wanted: tuple[str, ...]) -> str:
    """The name of a sheet's part; of the first sheet's where none is wanted."""
    parts = _parts(book)
    found = [parts[name] for name in wanted or parts if name in parts]
    if not found:
        raise _no_sheet(wanted)
    return found[0]


def _parts(book: zipfile.ZipFile) -> dict[str, str]:
    """The parts of the sheets with cells, by name, in the workbook's order; charts have none."""
    targets = {
        each.get("Id"): posixpath.normpath(posixpath.join("/xl", each.get("Target", "")))
        for each in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        if each.get("Type", "").endswith("/worksheet")
    }
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
    return {
        each.get("name", ""): targets[each.get(RELATION)].lstrip("/")
        for each in sheets
        if each.get(RELATION) in targets
    }


def _sheet(book: openpyxl.Workbook, wanted: tuple[str, ...]) -> Any:
    if not wanted:
        return book.worksheets[0]
    named = next((name for name in wanted if name in book.sheetnames), None)
    if named is None:
        raise _no_sheet(wanted)
    return book[named]


def _no_sheet(wanted: tuple[str, ...]) -> KeyError:
    return KeyError(f"no sheet {' or '.join(map(repr, wanted))}")


def _after(before: int, found: int, what: str) -> int:
    """The number of a row or cell, if it stands after the one before it.

    Raises:
        ValueError: of what stands twice or out of order, every reader makes something else.
    """
    if found <= before:
        raise ValueError(f"a {what} stands twice or out of order")
    return found


def _place(reference: str | None, following: int, row: int) -> int:
    if not reference:
        return following
    if reference.rstrip("0123456789") + str(row) != reference:
        raise ValueError(f"the cell {reference} stands in row {row}")
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _unreadable(error: Exception) -> FileRefused:
    return FileRefused(
        "UNREADABLE",
        f"it cannot be read as an Excel workbook ({type(error).__name__}: {str(error)[:200]})",
        "Open it in Excel and save it again, check the sheet that the contract names, or export it"
        " as CSV.",
        expected="a whole workbook with the contract's sheet",
    )
