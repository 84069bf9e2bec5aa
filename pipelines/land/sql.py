"""The pieces of SQL that all of this room needs: literals that no file name can break, connections.

File names, headers and paths are data from outside: they enter SQL only through `text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A comma-separated list of text literals; never empty, as SQL's IN demands."""
    return ", ".join(text(value) for value in values) or "NULL"


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def parquet(files: Iterable[Path | str], options: str = "") -> str:
    """A call that reads Parquet files."""
    return f"read_parquet([{texts(str(file) for file in files)}]{options})"


def connect(memory_limit: str, folders: Iterable[Path], spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection that can read and write below `folders`, and nothing else outside itself.

    Exports are written by strangers: should one ever make DuckDB follow it elsewhere, this refuses.
    """
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Rows keep the file's order, and with it their number.
            "preserve_insertion_order": "true",
        }
    )
    # A time stamp's text must not depend on the machine.
    connection.execute("SET TimeZone = 'UTC'")
    shut_in(connection, folders)
    return connection


def shut_in(connection: duckdb.DuckDBPyConnection, folders: Iterable[Path] = ()) -> None:
    """From now on the connection reaches its own database, what is below `folders`, and no more.

    Neither files nor extensions nor other machines; and no statement can take that back.
    """
    allowed = ", ".join(text(str(each)) for each in folders)
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
