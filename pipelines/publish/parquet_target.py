"""Writes a release's tables as Parquet, one file each, and proves that they say the same.

Belongs here: the files under `parquet/`. Does not belong here: what the tables hold
(`duckdb_target.py`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.publish.duckdb_target import SCHEMA, WrongMart, fingerprint_of, text


def write_parquet(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Path:
    """Write one table in the mart's own order, which is that of all its columns."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{table}.parquet"
    described = connection.execute(f'describe {SCHEMA}."{table}"').fetchall()
    # Parquet has no whole number of 128 bits: DuckDB would write a float, and change figures.
    exact = ", ".join(
        f'cast("{name}" as decimal(38,0)) as "{name}"'
        for name, kind, *_ in described
        if kind == "HUGEINT"
    )
    selected = f"* replace ({exact})" if exact else "*"
    connection.execute(
        f'copy (select {selected} from {SCHEMA}."{table}") to {text(file)}'
        " (format parquet, compression zstd)"
    )
    return file


def prove_same(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    """Compare a written file with the table it was written from.

    Raises:
        WrongMart: they differ.
    """
    described = connection.execute(f'describe {SCHEMA}."{table}"').fetchall()
    columns = [(str(name), str(kind)) for name, kind, *_ in described]
    there = fingerprint_of(connection, f'{SCHEMA}."{table}"', columns)
    written = fingerprint_of(connection, f"read_parquet({text(file)})", columns)
    if written != there:
        raise WrongMart(
            f"{file.name} holds {written[0]} rows and {SCHEMA}.{table} {there[0]}, or their values"
            " differ. The disk or the database is at fault: run again, and check the disk."
        )
