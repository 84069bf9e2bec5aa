"""Writes a release's tables as Parquet, a file each or one a month, and proves them the same.

Belongs here: the files under `parquet/`. Does not belong here: what the tables hold
(`duckdb_target.py`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.publish.digest import fingerprint_of
from pipelines.publish.duckdb_target import text
from pipelines.publish.parts import SCHEMA, WrongMart, rows_of_month


def file_name(table: str, month: str | None = None) -> str:
    """The file of a table, or of one of its months, in the folder of a release."""
    return f"parquet/{table}/{month}.parquet" if month else f"parquet/{table}.parquet"


def rows_of(table: str, column: str | None = None, month: str | None = None) -> str:
    """A table of the mart, or one of its months, as what can stand after FROM."""
    relation = f'{SCHEMA}."{table}"'
    return rows_of_month(relation, column, month) if column and month else relation


def write_parquet(connection: duckdb.DuckDBPyConnection, relation: str, file: Path) -> None:
    """Write rows in the mart's own order."""
    file.parent.mkdir(parents=True, exist_ok=True)
    described = connection.execute(f"describe select * from {relation}").fetchall()
    # Parquet has no whole number of 128 bits: DuckDB would write a float, and change figures.
    exact = ", ".join(
        f'cast("{name}" as decimal(38,0)) as "{name}"'
        for name, kind, *_ in described
        if kind == "HUGEINT"
    )
    selected = f"* replace ({exact})" if exact else "*"
    connection.execute(
        f"copy (select {selected} from {relation}) to {text(file)}"
        " (format parquet, compression zstd)"
    )


def prove_same(connection: duckdb.DuckDBPyConnection, relation: str, file: Path) -> None:
    """Compare a written file with the rows it was written from.

    Raises:
        WrongMart: they differ.
    """
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = [(str(name), str(kind)) for name, kind, *_ in described]
    there = fingerprint_of(connection, relation, columns)
    written = fingerprint_of(connection, f"read_parquet({text(file)})", columns)
    if written != there:
        raise WrongMart(
            f"{file.name} holds {written[0]} rows and {relation} {there[0]}, or their values"
            " differ. The disk or the database is at fault: run again, and check the disk."
        )
