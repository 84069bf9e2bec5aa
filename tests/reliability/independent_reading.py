"""A second opinion on what an export says, by other libraries and without a line of the landing.

Belongs here: an export's records as Python reads them, and whether a landed value is the text of
its cell. Does not belong here: breaking exports (`mutations.py`), and landing them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq

from models.contract import Stream
from models.contract_parts import Column, Header, Shape

BLANKS = " \t\u00a0\u2007\u202f\u2009"
CODECS = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S%z")
Record = Sequence[Any]


class NotReadable(Exception):
    """Nobody can say independently what the file says; nothing is compared then."""


def records(content: bytes, shape: Shape) -> dict[int, Record]:
    """The file's records by number, as a person counts, the header's among them.

    JSON and Parquet have no header of their own: record 0 has the names.
    """
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    elif content[:2] == b"PK" and shape.format != "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            [member] = [n for n in archive.namelist() if not n.endswith("/")]
            content = archive.read(member)
    return READERS[shape.format](content, shape)


def _of_text(content: bytes, shape: Shape) -> dict[int, Record]:
    csv.field_size_limit(1 << 24)
    text = io.StringIO(_decoded(content, shape), newline="")
    reader = csv.reader(text, delimiter=shape.delimiter, quotechar=shape.quote)
    return dict(enumerate(reader, start=1))


def _decoded(content: bytes, shape: Shape) -> str:
    if not shape.encoding.startswith("utf-16"):
        return content.decode(CODECS[shape.encoding])
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    return content.decode("utf-16-be" if shape.encoding == "utf-16-be" else "utf-16-le")


def _of_workbook(content: bytes, shape: Shape) -> dict[int, Record]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        wanted = [name for name in shape.sheet if name in book.sheetnames]
        sheet = book[wanted[0]] if wanted else book.worksheets[0]
        rows = [[each.value for each in row] for row in sheet.iter_rows()]
    except Exception as error:
        raise NotReadable(str(error)) from error
    return {n: row for n, row in enumerate(rows, start=1) if any(v is not None for v in row)}


def _of_json(content: bytes, shape: Shape) -> dict[int, Record]:
    text = _decoded(content, shape)
    decoder = json.JSONDecoder(parse_float=_Figure, parse_int=_Figure)
    found, at = [], 0
    while text[at:].strip():
        value, end = decoder.raw_decode(text[at:].lstrip())
        at += len(text[at:]) - len(text[at:].lstrip()) + end
        found.append(value)
    document: Any = found[0] if len(found) == 1 else found
    for name in shape.records.split(".") if shape.records else ():
        document = document[name]
    rows = document if isinstance(document, list) else [document]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {0: names} | {n: [row.get(k) for k in names] for n, row in enumerate(rows, start=1)}


def _of_parquet(content: bytes, _: Shape) -> dict[int, Record]:
    try:
        table = pq.read_table(io.BytesIO(content))
        rows = table.to_pylist()
    except Exception as error:
        raise NotReadable(str(error)) from error
    names = table.column_names
    return {0: names} | {n: [row[k] for k in names] for n, row in enumerate(rows, start=1)}


class _Figure(str):
    """A number of JSON with the digits that it has in the file."""

    __slots__ = ()


READERS: Mapping[str, Callable[[bytes, Shape], dict[int, Record]]] = {
    "csv": _of_text,
    "xlsx": _of_workbook,
    "json": _of_json,
    "parquet": _of_parquet,
}


def cells_of(stream: Stream, header: Record) -> dict[str, tuple[int, Header]]:
    """By column of the contract: the place of its cell, and the header as it is declared."""
    found = {}
    for column in stream.columns:
        for exactly in (True, False):
            for place, name in enumerate(header):
                known = column.header_for(str(name)) if name is not None else None
                if known and (known.pattern is None) is exactly and column.name not in found:
                    found[column.name] = (place, known)
    return found


def differs(value: Any, cell: Any, column: Column, shape: Shape, header: Header) -> bool:
    """Whether a landed value is another one than its cell says."""
    nulls = {n.strip(BLANKS) for n in (*shape.nulls, *column.nulls)}
    if cell is None or (isinstance(cell, str) and cell.strip(BLANKS) in nulls):
        return value is not None
    if value is None:
        return True
    if column.type == "text" and isinstance(cell, dict | list):
        return bool(json.loads(value, parse_float=_Figure, parse_int=_Figure) != cell)
    if column.type == "text":
        said = _texts(cell)
        for separator in column.separators:
            said = {text.replace(separator, "") for text in said}
        return value not in said
    if column.type == "boolean":
        said = column.true_values if value else column.false_values
        return not {text.strip(BLANKS) for text in _texts(cell)} & set(said)
    if column.type in ("date", "timestamp"):
        return not _is_moment(value, cell, column, shape)
    number = figure(cell, column, shape, header)
    return number is None or Decimal(value) != number


def figure(cell: Any, column: Column, shape: Shape, header: Header) -> Decimal | None:
    """The number that a cell says; None where it says none by the contract's way of writing."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float | Decimal) and shape.format != "csv":
        exact = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        if isinstance(cell, float) and shape.format == "xlsx":
            exact = Decimal(f"{cell:.15g}")
        return exact / header.divide_by
    text = str(cell).replace("\u2212", "-").strip(BLANKS)
    if isinstance(cell, _Figure):
        return Decimal(text) / header.divide_by
    text = _bare(text, column)
    if column.percent and not text.endswith("%"):
        return None
    text = text.removesuffix("%").rstrip(BLANKS) if column.percent else text
    whole, _, fraction = text.partition(shape.decimal)
    if shape.thousands:
        mark = {" ": f"[{BLANKS}]", "'": "['’]"}.get(shape.thousands, re.escape(shape.thousands))
        groups = rf"[0-9]{{1,2}}(?:{mark}[0-9]{{2}})*{mark}[0-9]{{3}}"
        if shape.grouping == "thousand":
            groups = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+"
        if re.fullmatch(f"[-+]?{groups}", whole):
            whole = re.sub(mark, "", whole)
    if not re.fullmatch(r"[-+]?[0-9]*", whole) or not re.fullmatch(r"[0-9]*", fraction):
        return None
    try:
        return Decimal(f"{whole}.{fraction}0") / header.divide_by / (100 if column.percent else 1)
    except InvalidOperation:
        return None


def _bare(text: str, column: Column) -> str:
    """A number without the symbols and signs that the contract allows around it."""
    for symbol in sorted(column.symbols, key=len, reverse=True):
        text = text.replace(symbol, "", 1).strip(BLANKS)
    if column.parentheses and re.fullmatch(r"\(.*\)", text):
        text = f"-{text[1:-1]}"
    if column.trailing_minus and text.endswith("-"):
        text = f"-{text[:-1]}"
    return text


def _texts(cell: Any) -> set[str]:
    """The ways in which a cell's value may be written as text."""
    if isinstance(cell, bool):
        return {str(cell), str(cell).upper(), str(cell).lower()}
    if isinstance(cell, str):
        return {str(cell)}
    if isinstance(cell, float):
        figure = Decimal(f"{cell:.15g}")
        return {repr(cell), f"{figure:f}", f"{figure.normalize():f}"}
    if isinstance(cell, datetime):
        return {str(cell), str(cell.date()), str(cell).removesuffix(".000000")}
    return {str(cell)}


def _is_moment(value: date, cell: Any, column: Column, shape: Shape) -> bool:
    """Whether a landed day or time is what the cell says in one of the declared forms."""
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
        return _landed(moment, column) in (value, getattr(value, "date", lambda: value)())
    text = " ".join(str(cell).split())
    own = ISO if shape.format in ("xlsx", "parquet") else ()
    for form in (*shape.as_written(column).formats, *own):
        if form == "excel":
            with suppress(ValueError):
                days = timedelta(seconds=round(float(text) * 86400))
                if _landed(datetime(1899, 12, 30) + days, column) == value:  # noqa: DTZ001
                    return True
            continue
        with suppress(ValueError):
            if _landed(datetime.strptime(text, form), column) == value:  # noqa: DTZ007
                return True
    return False


def _landed(moment: datetime, column: Column) -> date:
    if column.type == "date":
        return moment.date()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(column.time_zone))
    return moment.astimezone(UTC).replace(tzinfo=None)
