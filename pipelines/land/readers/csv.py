"""Delimited text: DuckDB reads what is written by the book, Python's strict reader the rest.

Neither ever guesses the dialect. DuckDB's reading is used only if an independent count agrees; a
file with ragged records is read record by record, so that each of them gets its own reason.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from models.contract_parts import Shape
from pipelines.land import sql
from pipelines.land.errors import FileRefused
from pipelines.land.readers import Layout, Records, TopRecord, cell
from pipelines.land.readers.text import count_records, decode_top

if TYPE_CHECKING:
    from _csv import Reader

LONGEST_FIELD = 1 << 20
END_IN_QUOTES = "unexpected end of data"
REMEDY_RAGGED = (
    "Look at that line in a text editor: a delimiter or line break inside a cell must be in quotes."
)


def read_top(path: Path, shape: Shape, records: int) -> list[TopRecord]:
    """The first records of a file under a shape's dialect; fewer if there are no more.

    Raises:
        FileRefused: BAD_ENCODING; LIMIT for a record too long to be a header.
    """
    start, whole = decode_top(path, shape.encoding)
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in io.StringIO(start, newline=""):
            end += len(line.encode())
            yield line

    # A preamble is written for people, by no standard of quoting: not strict.
    reader = _reader(lines(), shape, strict=False)
    top: list[TopRecord] = []
    try:
        for cells in reader:
            top.append(TopRecord(tuple(cells), reader.line_num, end))
            if len(top) == records:
                return top
    except csv.Error as error:
        raise _too_long(len(top) + 1) from error
    if not whole:
        raise _too_long(len(top) + 1)
    return top


def read_fast(text: Path, shape: Shape, layout: Layout) -> Records | None:
    """The records through DuckDB; None for a file that is not written by the book.

    The caller compares `rows` with what the relation gives: if they differ, it asks
    `read_strictly`.
    """
    width, start = len(layout.headers), layout.start
    top_records = layout.first_row - 1
    if width < 2 or start.lines != top_records:  # noqa: PLR2004  (of one column, blank is unclear)
        return None
    census = count_records(text, start.end, shape.delimiter, shape.quote)
    if not census.canonical:
        return None
    columns = ", ".join(f"'{cell(index)}': 'VARCHAR'" for index in range(width))
    quote = sql.text(shape.quote)
    # No new_line: told of \r\n, DuckDB 1.5 reads no row at all, and says nothing.
    call = (
        f"read_csv({sql.text(str(text))}, auto_detect = false, header = false,"
        f" skip = {start.lines}, columns = {{{columns}}}, delim = {sql.text(shape.delimiter)},"
        f" quote = {quote}, escape = {quote}, strict_mode = true, null_padding = false,"
        " ignore_errors = false, compression = 'none')"
    )
    # An empty cell comes as NULL; what it means is the contract's to say.
    cells = ", ".join(f"coalesce({cell(i)}, '') AS {cell(i)}" for i in range(width))
    left_out = {"blank": census.blank} if census.blank else {}
    return Records(
        f"(SELECT {cells} FROM {call})", False, layout.first_row, census.records, left_out
    )


def read_strictly(text: Path, shape: Shape, layout: Layout, scratch: Path) -> Records:
    """The records through Python's strict reader, each ragged one set aside with its reason.

    Raises:
        FileRefused: TRUNCATED, BAD_QUOTE: where one record ends and the next begins is unknown.
    """
    from pipelines.land.readers.scratch import BrokenWriter, TextWriter

    width, left_out = len(layout.headers), Counter[str]()
    ends_in_line_end = _ends_in_line_end(text)
    with (
        text.open("rb") as file,
        TextWriter(scratch / "records.parquet", width) as sound,
        BrokenWriter(scratch / "broken.parquet", layout.headers) as broken,
    ):
        file.seek(layout.start.end)
        lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
        reader = _reader(lines, shape, strict=True)
        row = layout.first_row - 1
        short = 0
        for row, cells in _numbered(reader, layout):
            short = 0
            if len(cells) == width:
                sound.add(row, cells)
            elif not any(value.strip() for value in cells):
                left_out["blank"] += 1
            elif len(cells) < width and (layout.has_sections or layout.skipped_by(cells)):
                # A title or a total often ends with its last filled cell.
                sound.add(row, [*cells, *[""] * (width - len(cells))])
            elif rule := layout.skipped_by(cells):
                left_out[rule] += 1
            else:
                short = width - len(cells)
                broken.add(row, cells, [_ragged(len(cells), width)])
        if short > 0 and not ends_in_line_end:
            raise _truncated(row, f"it has {width - short} cells of {width} and no line end")
        # Written and read by different libraries: the second count of this path.
        return Records(
            sql.parquet([sound.path]),
            True,
            layout.first_row,
            sound.rows,
            left_out,
            broken.path if broken.records else None,
            broken.records,
        )


def _numbered(reader: Reader, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    row = layout.first_row - 1
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(error, row, layout.start.lines + reader.line_num) from error
        yield row, cells


def _reader(lines: Iterator[str] | io.TextIOBase, shape: Shape, *, strict: bool) -> Reader:
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=shape.delimiter, quotechar=shape.quote, strict=strict)


def _ends_in_line_end(text: Path) -> bool:
    with text.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        return file.read(1) in (b"\n", b"\r", b"")


def _ragged(found: int, width: int) -> tuple[str, ...]:
    many = "many" if found > width else "few"
    return (
        "RAGGED_ROW",
        "",
        f"{found} cells",
        f"too {many} cells: {found}, where the header has {width}",
        f"{width} cells",
        REMEDY_RAGGED,
    )


def _unreadable(error: csv.Error, row: int, line: int) -> FileRefused:
    if END_IN_QUOTES in str(error):
        return _truncated(row, "a quote that it opens is never closed")
    if "field limit" in str(error):
        return _too_long(row)
    return FileRefused(
        "BAD_QUOTE",
        f"around line {line:,} a quote stands where none may ({error}), so that nobody knows where"
        " the record ends",
        "Export it again; inside a quoted cell a quote must be doubled.",
        row=row,
        expected="a delimiter or line end after a closing quote",
    )


def _truncated(row: int, how: str) -> FileRefused:
    return FileRefused(
        "TRUNCATED",
        f"the last record is cut off: {how}",
        "Export or send it again. Half a file never replaces a whole one.",
        row=row,
        expected="a last record as wide as the header",
    )


def _too_long(row: int) -> FileRefused:
    return FileRefused(
        "LIMIT",
        f"a cell or record is longer than {LONGEST_FIELD:,} characters",
        "Check the quote and delimiter in the contract's shape; such a cell is no export's.",
        row=row,
        expected=f"at most {LONGEST_FIELD:,} characters",
    )
