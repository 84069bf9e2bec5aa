"""The one writer of files for spreadsheets: nothing that came in an export is computed by one.

A spreadsheet takes a cell for a formula by how its text begins, in CSV even inside quotes. Such a
text is given an apostrophe, as a person would type it; numbers stay numbers. The mart and the
archive keep every text as it came: this is about what is handed on.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.document import ACTING, plain
from pipelines.storage import write_atomically

STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
"""What a formula begins with: = + - @, and their wide and small forms."""
PASSED_OVER = f" '\"`\u00a0\u2000-\u200a\u202f\u3000\u2018-\u201f\u00ab\u00bb{ACTING}"
"""What a spreadsheet may take off before it looks: blanks, quotes, signs that cannot be seen."""
FORMULA = re.compile(rf"[{PASSED_OVER}]*[{STARTS}\t\r\n]")
INSIDE = re.compile(rf"([;\t\r\n])((?:(?![\t\r\n])[{PASSED_OVER}])*+)(?=[{STARTS}])")
"""Where a reader that parts cells otherwise than by commas would begin another one."""
NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
"""A negative number as exports write it: computed or not, it is the same."""
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a workbook cannot hold, or not as it is; written as its code."""
LONGEST_CELL = 32_767
DIGITS_OF_A_NUMBER = 15
"""More of them no spreadsheet keeps: such a number is written as text, and stays as it is."""
CUT = " … (cut: a cell holds no more)"
BOM = "\ufeff"


@dataclass(frozen=True)
class Sheet:
    """A table to be handed on: a header, and rows of texts, numbers, dates or nothing."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def write_sheets(sheet: Sheet, csv_file: Path | None, xlsx_file: Path | None) -> None:
    """Write a sheet into the files that were asked for; each is there whole or not at all."""
    rows = [list(row) for row in sheet.rows]
    whole = Sheet(sheet.name, sheet.header, rows)
    if csv_file is not None:
        write_atomically(csv_file.absolute(), (BOM + as_csv(whole)).encode())
    if xlsx_file is not None:
        write_atomically(xlsx_file.absolute(), as_xlsx(whole))


def as_csv(sheet: Sheet) -> str:
    """The sheet as CSV (RFC 4180): texts in quotes, numbers without."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in sheet.header])
    for row in sheet.rows:
        writer.writerow([_csv_cell(value) for value in row])
    return target.getvalue()


def as_xlsx(sheet: Sheet) -> bytes:
    """The sheet as an Excel workbook, in which a text is a text however it begins."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name)
    page.append([_xlsx_cell(page, name) for name in sheet.header])
    for row in sheet.rows:
        page.append([_xlsx_cell(page, value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def harmless(text: str) -> str:
    """A text as no spreadsheet computes it; one that it would not compute stays as it is."""
    if NUMBER.fullmatch(text):
        return text
    parted = INSIDE.sub(r"\1'\2", text)
    return f"'{parted}" if FORMULA.match(parted) else parted


class _Number(float):
    """Written without quotes and with its own digits, which a float would not keep."""

    def __new__(cls, digits: str) -> _Number:
        made = super().__new__(cls, 0)
        made.digits = digits
        return made

    digits: str

    def __repr__(self) -> str:
        return self.digits

    __str__ = __repr__


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_number(value):
        return _Number(str(plain(value)))
    return harmless(str(plain(value)))


def _xlsx_cell(page: Any, value: object) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if value is None or isinstance(value, bool | date) or _is_number(value):
        # A workbook knows no zones; ours are all UTC.
        naive = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        return WriteOnlyCell(page, naive)  # type: ignore[arg-type]
    as_it_came = str(plain(value))
    text = NOT_IN_XML.sub(lambda found: repr(found[0])[1:-1], as_it_came)
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - len(CUT)] + CUT
    cell = WriteOnlyCell(page, text)
    # Whatever its beginning: a text. With the mark it stays one when somebody edits the cell.
    cell.data_type = "s"
    if FORMULA.match(as_it_came):
        cell.quotePrefix = True
    return cell


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    if isinstance(value, Decimal) and not value.is_finite():
        return False
    return len(Decimal(value).as_tuple().digits) <= DIGITS_OF_A_NUMBER
