"""The rows that broke their contract: one line per broken cell, with the whole record beside it.

They are kept with code, reason, what was expected and the amounts they state, never dropped. Values
are as they came, personal ones too: whoever shows them masks what the contract flags as personal.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.land import sql
from pipelines.land.money import stated_money
from pipelines.land.readers import ROW_NUMBER, cell, cell_above, section_title
from pipelines.land.reasons import faults
from pipelines.land.rows import Typed, is_header

COLUMNS = "code, column_name, value, reason, expected, raw, remedy"
WITH_MONEY = f"{COLUMNS}, money"


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, typed: Typed, landing_id: str, to: Path
) -> int:
    """Write the quarantined rows to `to`; returns how many rows (not lines) there are in it."""
    parts = [_broken_cells(typed)]
    if typed.records.broken:
        unread = stated_money(typed.recognised.stream, typed.cells, "unread")
        parts.append(
            f"SELECT {ROW_NUMBER}, {COLUMNS}, {unread} AS money"
            f" FROM {sql.parquet([typed.records.broken])}"
        )
    if typed.conflicting:
        parts.append(_conflicts(typed))
    lines = " UNION ALL BY NAME ".join(parts)
    connection.execute(
        f"""COPY (
            SELECT {sql.text(landing_id)} AS _landing_id, CAST({ROW_NUMBER} AS BIGINT)
                AS {ROW_NUMBER}, {WITH_MONEY}
            FROM ({lines}) ORDER BY {ROW_NUMBER}, column_name
        ) TO {sql.text(str(to))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    found = connection.execute(
        f"SELECT count(DISTINCT {ROW_NUMBER}) FROM {sql.parquet([to])}"
    ).fetchone()
    return int(found[0]) if found else 0


def _broken_cells(typed: Typed) -> str:
    """A line per broken cell; a record that only repeats the header has one line of its own."""
    width = len(typed.recognised.layout.headers)
    cells = ", ".join(
        [f"_raw[{index + 1}] AS {cell(index)}" for index in range(width)]
        + [
            f"_raw[{each.binding.index + 1}] AS {cell_above(each.binding.index)}"
            for each in typed.cells
            if each.column.as_above and each.binding.index is not None
        ]
        + [f"CAST(NULL AS VARCHAR) AS {section_title(which)}" for which in ("path", "name")]
    )
    values = ", ".join(sql.identifier(each.column.name) for each in typed.cells)
    found = faults(list(typed.cells))
    money = stated_money(typed.recognised.stream, typed.cells, "broken")
    header = (
        "{'code': 'REPEATED_HEADER', 'column_name': '', 'value': '',"
        " 'reason': 'the record is the header once more', 'expected': 'data',"
        " 'remedy': 'Take the line out, or export the parts as files of their own.'}"
    )
    return f"""SELECT {ROW_NUMBER}, fault.code AS code, fault.column_name AS column_name,
            fault.value AS value, fault.reason AS reason, fault.expected AS expected, raw,
            fault.remedy AS remedy, if(is_header, [], money) AS money
        FROM (
            SELECT {ROW_NUMBER}, raw, is_header, money,
                unnest(CASE WHEN is_header THEN [{header}] ELSE found END) AS fault
            FROM (
                SELECT {ROW_NUMBER}, {found} AS found, {_raw(typed)} AS raw, {money} AS money,
                    {is_header(typed.recognised)} AS is_header
                FROM (SELECT {ROW_NUMBER}, {values}, {cells}
                    FROM {typed.relation} WHERE _raw IS NOT NULL)))"""


def _conflicts(typed: Typed) -> str:
    stream = typed.recognised.stream
    key = ", ".join(stream.key)
    value = " || ' · ' || ".join(
        f"coalesce(CAST({sql.identifier(name)} AS VARCHAR), '')" for name in stream.key
    )
    # As text: JSON's numbers would be read as floats.
    said = ", ".join(
        f"{sql.text(column.name)}, CAST({sql.identifier(column.name)} AS VARCHAR)"
        for column in stream.columns
    )
    return f"""SELECT {ROW_NUMBER}, 'KEY_CONFLICT' AS code, {sql.text(key)} AS column_name,
            {value} AS value,
            'other rows of the file have the same key and other values' AS reason,
            'one row for each key' AS expected,
            CAST(json_object({said}) AS VARCHAR) AS raw,
            'Find out in the source which of them is right, and export again.' AS remedy,
            {stated_money(stream, typed.cells, "sound")} AS money
        FROM {typed.relation} WHERE {ROW_NUMBER} IN (SELECT {ROW_NUMBER} FROM conflicts)"""


def _raw(typed: Typed) -> str:
    headers = typed.recognised.layout.headers
    pairs = ", ".join(f"{sql.text(name)}, {cell(n)}" for n, name in enumerate(headers))
    return f"CAST(json_object({pairs}) AS VARCHAR)"
