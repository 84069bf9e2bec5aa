"""Writes a release's `mart.duckdb`: the candidate's tables, stamped, and the record of the run.

Belongs here: everything inside that one file. Does not belong here: when it becomes visible
(`release.py`), its copy in Parquet (`parquet_target.py`), the digests of its rows (`digest.py`).

The file begins as a copy of the last release's, where there is one, so that only what changed is
written. It is a new file all the same, never changed after, and of a storage version that ties a
write-ahead log to its file: a left-over log of another file is then refused instead of replayed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.land import sql
from pipelines.publish.digest import fingerprint_of, stamps_of
from pipelines.publish.parts import SCHEMA, Days, WrongMart, changed_days, days_in

STORAGE_VERSION = "v1.4.0"
INTERNAL = ("kpi_components", "kpi_components_daily")
"""Steps of the KPI tables' own making; what they hold is in `kpi_values`."""
MEMORY_SHARE = 0.6
MOST_REPLACED = 4
"""Beyond one part in so many a table is written as a whole: nothing is gained any more."""


@dataclass(frozen=True)
class Column:
    """One column of a table to write."""

    name: str
    type: str
    comment: str = ""
    not_null: bool = False


@dataclass(frozen=True)
class Record:
    """A table of the run's own record, such as `checks`."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Stamp:
    """What every row of the stamped tables says of its release."""

    release: int
    published_at: str
    checks: Mapping[str, tuple[int, int]]
    """Checks passed and asked, by KPI."""


@contextmanager
def writing(
    mart: Path, candidate: Path, memory_limit: str, begin_with: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new mart to write and the candidate to read, attached as `mart` and `candidate`.

    Args:
        mart: the file to make.
        candidate: a closed file.
        memory_limit: of the process.
        begin_with: the mart of another release, whose tables the new one has at first.
    """
    spill = mart.with_name("spill")
    if begin_with:
        shutil.copyfile(begin_with, mart)
    with duckdb.connect(
        config={
            "memory_limit": _part_of(memory_limit),
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoload_known_extensions": False,
            "disabled_optimizers": "common_subplan",
        }
    ) as connection:
        connection.execute(f"attach {text(mart)} as mart (storage_version '{STORAGE_VERSION}')")
        connection.execute(f"attach {text(candidate)} as candidate (read_only)")
        # One transaction: else the disk is waited for after each table and each comment.
        connection.execute("begin transaction")
        connection.execute(f"create schema if not exists mart.{SCHEMA}")
        yield connection
        connection.execute("commit")
        connection.execute("detach candidate")
        connection.execute("checkpoint mart")
        connection.execute("detach mart")


@contextmanager
def reading(mart: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A finished mart, read-only, as a reader would open it."""
    with duckdb.connect(
        str(mart),
        read_only=True,
        config={"memory_limit": _part_of(memory_limit), "autoload_known_extensions": False},
    ) as connection:
        # Its own release may be written beside it.
        sql.shut_in(connection, [mart.parent])
        yield connection


def published_tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """The names of the tables and views to publish, in order."""
    found = connection.execute(
        """
        select table_name from duckdb_tables()
        where database_name = $database and schema_name = $schema
        union all
        select view_name from duckdb_views()
        where database_name = $database and schema_name = $schema
        order by 1
        """,
        {"database": database, "schema": SCHEMA},
    ).fetchall()
    return [str(row[0]) for row in found if row[0] not in INTERNAL]


def drop_tables_but(connection: duckdb.DuckDBPyConnection, kept: Iterable[str]) -> None:
    """Drop what a mart began with and does not keep."""
    for table in {*published_tables(connection, "mart")} - {*kept}:
        connection.execute(f'drop table mart.{SCHEMA}."{table}"')


def bring_up_to_date(
    connection: duckdb.DuckDBPyConnection, table: str, column: str | None
) -> Days | None:
    """Write what of a table differs from what the mart began with, and nothing else.

    Args:
        connection: to a mart that began with another release's, and the candidate.
        table: its name in both.
        column: the day of a row, of a table that is published in months.

    Returns:
        The days that were written, none if it had not changed; or None where it has to be copied
        as a whole: it is new, is stamped, has other columns or comments, or most of it changed.

    Raises:
        WrongMart: what was written is not what the candidate holds.
    """
    there = table in published_tables(connection, "mart")
    if stamps_of(table) or not there or not _is_alike(connection, table):
        return None
    columns = [(c.name, c.type) for c in columns_of(connection, "candidate", table)]
    changed = changed_days(connection, table, columns, column)
    if not changed:
        return changed
    if column is None or _key_of(connection, "candidate", table):
        # A key's index forgets what is deleted only when the transaction ends.
        return None
    among = days_in(changed, column)
    mart, candidate = (f'{database}.{SCHEMA}."{table}"' for database in ("mart", "candidate"))
    counted = connection.execute(
        f"select count(*) filter ({among}), count(*) from {mart}"
    ).fetchone()
    if counted is None or counted[0] * MOST_REPLACED > counted[1]:
        return None
    connection.execute(f"delete from {mart} where {among}")
    ordered = ", ".join(f'"{name}" asc nulls last' for name, _ in columns)
    connection.execute(
        f"insert into {mart} select * from {candidate} where {among} order by {ordered}"
    )
    if changed_days(connection, table, columns, column, among=changed):
        raise WrongMart(f"{SCHEMA}.{table} was not copied as the candidate holds it. Run again.")
    return changed


def copy_table(
    connection: duckdb.DuckDBPyConnection, table: str, stamp: Stamp, column: str | None = None
) -> None:
    """Copy one table with keys and comments, in the order of all its columns, and stamp it.

    One that is published in months (by the day in `column`) is ordered by month first.

    Raises:
        WrongMart: the copy is not what the candidate holds.
    """
    columns = columns_of(connection, "candidate", table)
    stamps = stamps_of(table)
    kept = [each for each in columns if each.name not in stamps]
    added = [Column(name, kind, comment) for name, (kind, comment) in stamps.items()]
    key = _key_of(connection, "candidate", table)
    comment = _comment_of(connection, "candidate", table)
    connection.execute(f'drop table if exists mart.{SCHEMA}."{table}"')
    create_table(connection, table, [*kept, *added], key, comment)
    source = f'candidate.{SCHEMA}."{table}"'
    selected = [f'rows."{each.name}"' for each in kept]
    if stamps:
        connection.execute("create or replace temp table asked (kpi varchar, p bigint, t bigint)")
        if stamp.checks:
            connection.executemany(
                "insert into asked values (?, ?, ?)", [[k, *c] for k, c in stamp.checks.items()]
            )
        selected += ["coalesce(p, 0)", "coalesce(t, 0)", "$release", "$published_at"]
        source = f"{source} as rows left join asked using (kpi)"
        bound: dict[str, Any] = {"release": stamp.release, "published_at": stamp.published_at}
    else:
        source, bound = f"{source} as rows", {}
    ordered = ", ".join(f'rows."{each.name}" asc nulls last' for each in kept)
    if column:
        ordered = f"date_trunc('month', rows.\"{column}\") asc nulls last, {ordered}"
    connection.execute(
        f'insert into mart.{SCHEMA}."{table}" select {", ".join(selected)} from {source}'
        f" order by {ordered}",
        bound,
    )
    figures = [(each.name, each.type) for each in kept]
    copied = fingerprint_of(connection, f'mart.{SCHEMA}."{table}"', figures)
    if copied != fingerprint_of(connection, f'candidate.{SCHEMA}."{table}"', figures):
        raise WrongMart(f"{SCHEMA}.{table} was not copied as the candidate holds it. Run again.")


def write_record(connection: duckdb.DuckDBPyConnection, record: Record) -> None:
    """Write one table of the run's own record."""
    create_table(connection, record.name, record.columns, (), record.comment)
    if record.rows:
        marks = ", ".join("?" for _ in record.columns)
        connection.executemany(
            f'insert into mart.{SCHEMA}."{record.name}" values ({marks})',
            [list(row) for row in record.rows],
        )


def create_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    key: Sequence[str],
    comment: str,
) -> None:
    """Create an empty table of the mart with its key and comments."""
    lines = [
        f'"{column.name}" {column.type}{" not null" if column.not_null else ""}'
        for column in columns
    ]
    if key:
        lines.append("primary key (" + ", ".join(f'"{name}"' for name in key) + ")")
    name = f'mart.{SCHEMA}."{table}"'
    connection.execute(f"create table {name} ({', '.join(lines)})")
    if comment:
        connection.execute(f"comment on table {name} is {text(comment)}")
    for column in columns:
        if column.comment:
            connection.execute(
                f'comment on column {name}."{column.name}" is {text(column.comment)}'
            )


def columns_of(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> list[Column]:
    """A table's columns in their order."""
    found = connection.execute(
        """
        select column_name, data_type, coalesce(comment, ''), not is_nullable
        from duckdb_columns()
        where database_name = ? and schema_name = ? and table_name = ?
        order by column_index
        """,
        [database, SCHEMA, table],
    ).fetchall()
    return [Column(str(n), str(t), str(c), bool(required)) for n, t, c, required in found]


def _part_of(memory_limit: str) -> str:
    """Most of the memory that may be taken: what is read from the database has to fit as well."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]+)", memory_limit).groups()  # type: ignore[union-attr]
    return f"{float(number) * MEMORY_SHARE:.3f}{unit}"


def _is_alike(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether candidate and mart have the same columns, key and comments of a table."""
    return all(
        ask(connection, "candidate", table) == ask(connection, "mart", table)
        for ask in (columns_of, _key_of, _comment_of)
    )


def _key_of(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> tuple[str, ...]:
    found = connection.execute(
        """
        select constraint_column_names from duckdb_constraints()
        where database_name = ? and schema_name = ? and table_name = ?
            and constraint_type = 'PRIMARY KEY'
        """,
        [database, SCHEMA, table],
    ).fetchone()
    return tuple(str(name) for name in found[0]) if found else ()


def _comment_of(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> str:
    found = connection.execute(
        """
        select comment from duckdb_tables()
        where database_name = $database and schema_name = $schema and table_name = $table
        union all
        select comment from duckdb_views()
        where database_name = $database and schema_name = $schema and view_name = $table
        """,
        {"database": database, "schema": SCHEMA, "table": table},
    ).fetchone()
    return str(found[0]) if found and found[0] else ""


def text(value: object) -> str:
    """A value as an SQL text, for the places where no parameter may stand."""
    return "'" + str(value).replace("'", "''") + "'"
