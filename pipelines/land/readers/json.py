"""JSON: an array of objects, one object a line, or an array within a document; every value exact.

Read a window at a time, so that memory follows the longest record and not the file. A number keeps
the digits that stand in the file: none ever becomes a double. Two passes: the first finds all keys
of all records (the header), and with them whatever is wrong; the second reads.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.contract_parts import Shape
from pipelines.land import sql
from pipelines.land.errors import FileRefused
from pipelines.land.readers import Layout, Records, TopRecord
from pipelines.land.readers.json_walk import Number, Reading, count_records
from pipelines.land.readers.scratch import TextWriter

MOST_KEYS = 4096
MOST_EXPONENT = 60


def read_top(path: Path, shape: Shape) -> list[TopRecord]:
    """The keys of all records in the order in which they first appear, as the header.

    Raises:
        FileRefused: UNREADABLE, TRUNCATED, BAD_ENCODING, NUL_CHARACTER, LIMIT, HEADER_ONLY.
    """
    keys: dict[str, None] = {}
    row = 0
    for row, record in enumerate(Reading(path, shape).records(), start=1):
        if not keys.keys() >= record.keys():
            keys.update(dict.fromkeys(record))
            if len(keys) > MOST_KEYS:
                raise FileRefused(
                    "LIMIT",
                    f"its records have more than {MOST_KEYS:,} different keys",
                    "Export only the fields that are needed.",
                    row=row,
                    expected=f"at most {MOST_KEYS:,} keys",
                )
    if not row:
        raise FileRefused(
            "HEADER_ONLY",
            "it holds no record, so that nothing says what it is an export of",
            "Export it again, for days on which something happened.",
            expected="at least one record",
        )
    return [TopRecord(tuple(keys))]


def read(path: Path, shape: Shape, layout: Layout, scratch: Path) -> Records:
    """The records, by key, each value as text; what a record does not say is NULL.

    Raises:
        FileRefused: as `read_top`.
    """
    keys = layout.start.cells
    numeric = [
        index in layout.columns and layout.columns[index].type != "text"
        for index in range(len(keys))
    ]
    reading = Reading(path, shape)
    with TextWriter(scratch / "records.parquet", len(keys)) as sound:
        for row, record in enumerate(reading.records(), start=1):
            sound.add(
                row,
                [
                    value if type(value := record.get(key)) is str else _text(value, shape, plain)
                    for key, plain in zip(keys, numeric, strict=True)
                ],
            )
    counted = count_records(path, shape, reading.first, reading.last, reading.level)
    return Records(sql.parquet([sound.path]), True, 1, counted)


def _text(value: Any, shape: Shape, plain: bool) -> str | None:
    if value is None:
        return None
    if isinstance(value, Number):
        number = _plain(value) if plain else str(value)
        return number.replace(".", shape.decimal) if plain else number
    return value if isinstance(value, str) else _document(value)


def _plain(number: Number) -> str:
    """`1.5E3` as `1500`, where a sane number is meant; the same digits otherwise."""
    mantissa, marked, exponent = number.lower().partition("e")
    if not marked or len(exponent) > 4 or abs(int(exponent)) > MOST_EXPONENT:  # noqa: PLR2004
        return str(number)
    return f"{Decimal(f'{mantissa}e{exponent}'):f}"


def _document(value: Any) -> str:
    """A nested value as JSON again; its numbers keep their digits."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{_document(v)}" for k, v in value.items())
        return f"{{{','.join(pairs)}}}"
    return f"[{','.join(map(_document, value))}]"
