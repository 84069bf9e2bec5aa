"""Parquet: its own types go through their exact text, as every other cell."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.land import sql
from pipelines.land.errors import FileRefused
from pipelines.land.readers import ROW_NUMBER, Records, TopRecord, cell

NESTED = ("STRUCT", "MAP", "UNION")


def read_top(path: Path) -> list[TopRecord]:
    """The names of the columns.

    Raises:
        FileRefused: UNREADABLE.
    """
    try:
        return [TopRecord(tuple(pq.read_schema(path).names))]
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise unreadable(error) from error


def read(connection: duckdb.DuckDBPyConnection, path: Path) -> Records:
    """The records as text, counted by another library than the one that reads them.

    Raises:
        FileRefused: UNREADABLE.
    """
    source = sql.parquet([path], ", file_row_number = true")
    try:
        rows = pq.read_metadata(path).num_rows
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except (MemoryError, duckdb.OutOfMemoryException):
        raise
    except (pa.ArrowException, OSError, duckdb.Error) as error:
        raise unreadable(error) from error
    columns = [(name, kind) for name, kind, *_ in described if name != "file_row_number"]
    cells = ", ".join(
        f"{_as_text(sql.identifier(name), kind)} AS {cell(index)}"
        for index, (name, kind) in enumerate(columns)
    )
    relation = f"(SELECT file_row_number + 1 AS {ROW_NUMBER}, {cells} FROM {source})"
    return Records(relation, True, 1, rows, native=True)


def _as_text(column: str, kind: str) -> str:
    if kind.startswith(NESTED) or kind.endswith("]"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if kind == "BLOB":
        # Old writers leave text unmarked; bytes that are no text become NULL-safe hexadecimal.
        return f"coalesce(TRY(decode({column})), hex({column}))"
    if kind == "TIMESTAMP WITH TIME ZONE":
        # Our connections are in UTC, and the text says so: +00.
        return f"CAST({column} AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"


def unreadable(error: Exception) -> FileRefused:
    """The file is cut off or damaged."""
    return FileRefused(
        "UNREADABLE",
        f"it cannot be read as Parquet ({str(error).splitlines()[0][:200]})",
        "Export or send it again: it is damaged or cut off.",
        expected="a whole Parquet file",
    )
