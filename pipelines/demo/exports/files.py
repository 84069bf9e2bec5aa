"""How bytes of exports are made and put down: the same content always gives the same bytes.

Belongs here: CSV, XLSX and ZIP bytes, and writing a file with the time at which it was exported.
Does not belong here: what stands in the columns.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

EVENING = time(23, 50)
Cell = str | int | Decimal
Row = list[str]


@dataclass(frozen=True)
class Export:
    """One file as a vendor's product writes it."""

    source: str
    name: str
    exported: datetime
    content: bytes
    rows: int
    """Rows of data, without header and totals."""

    @property
    def path(self) -> str:
        """Where it goes below the inbox."""
        return f"{self.source}/{self.name}"


def evening_of(day: date) -> datetime:
    """When the exports of a day are made."""
    return datetime.combine(day, EVENING, UTC)


def write_export(inbox: Path, export: Export) -> Path:
    """Put an export down under its own time; one that is there already is left alone."""
    target = inbox / export.path
    seconds = int(export.exported.timestamp())
    if (
        target.is_file()
        and int(target.stat().st_mtime) == seconds
        and target.read_bytes() == export.content
    ):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_bytes(export.content)
    os.utime(unfinished, (seconds, seconds))
    unfinished.replace(target)
    return target


def header(names: str) -> Row:
    """Names without blanks, written one after the other."""
    return names.split()


def csv_text(
    rows: Iterable[Sequence[str]],
    *,
    delimiter: str = ",",
    quote_all: bool = False,
    newline: str = "\n",
) -> str:
    """Delimited text; a cell is quoted where it has to be, and where it has a comma."""
    special = {delimiter, '"', "\n", "\r", ","}

    def written(cell: str) -> str:
        if quote_all or not special.isdisjoint(cell):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    return "".join(delimiter.join(map(written, row)) + newline for row in rows)


def utf_16(text: str) -> bytes:
    """UTF-16, little endian, with byte-order mark: what "CSV for Excel" means."""
    return b"\xff\xfe" + text.encode("utf-16-le")


def zipped(name: str, content: bytes, moment: datetime) -> bytes:
    """A ZIP file with one member."""
    return _zip([(name, content)], moment)


def workbook(sheet: str, rows: Iterable[Sequence[Cell]], moment: datetime) -> bytes:
    """An XLSX file of one sheet."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(list(row))
    book.properties.created = book.properties.modified = moment.replace(tzinfo=None)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        # Not Workbook.save: that writes the present time into the document's properties.
        ExcelWriter(book, archive).save()
    with zipfile.ZipFile(made) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    return _zip(members, moment)


def _zip(members: list[tuple[str, bytes]], moment: datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name, moment.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return made.getvalue()
