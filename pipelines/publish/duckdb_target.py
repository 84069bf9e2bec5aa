"""Writes a release's `mart.duckdb`: the candidate's tables, stamped, and the record of the run.

Belongs here: everything inside that one file, and the digest of a table's rows. Does not belong
here: when it becomes visible (`release.py`), and its copy in Parquet (`parquet_target.py`).

The file is new, never changed after, and of a storage version that ties a write-ahead log to its
file: a left-over log of another file is then refused instead of replayed.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.land import sql

SCHEMA = "kpi_mart"
STORAGE_VERSION = "v1.4.0"
INTERNAL = ("kpi_components", "kpi_components_daily")
"""Steps of the KPI tables' own making; what they hold is in `kpi_values`."""
MEMORY_SHARE = 0.6
STAMPED = ("kpi_scorecard", "kpi_latest")
STAMPS: Mapping[str, tuple[str, str]] = {
    "checks_passed": ("bigint", "How many checks of this KPI passed"),
    "checks_total": ("bigint", "How many checks were asked about this KPI"),
    "release_id": ("bigint", "The release this row belongs to"),
    "published_at": ("timestamp", "When the release was made, UTC"),
}


NEVER_ESCAPED = ("DECIMAL", "BIGINT", "INTEGER", "DATE", "BOOLEAN", "TIMESTAMP")
ESCAPED = (("chr(92)", "\\"), ("chr(9)", "t"), ("chr(10)", "n"), ("chr(13)", "r"))
"""Characters by their code, the backslash first, and what is written after a backslash."""


class WrongMart(Exception):
    """The written mart is not what the candidate holds; nothing was published."""


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
def writing(mart: Path, candidate: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new mart to write and the candidate to read, attached as `mart` and `candidate`."""
    spill = mart.with_name("spill")
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
        connection.execute(f"create schema mart.{SCHEMA}")
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


def copy_table(connection: duckdb.DuckDBPyConnection, table: str, stamp: Stamp) -> None:
    """Copy one table with keys and comments, in the order of all its columns, and stamp it.

    Raises:
        WrongMart: the copy is not what the candidate holds.
    """
    columns = columns_of(connection, "candidate", table)
    stamps = stamps_of(table)
    kept = [column for column in columns if column.name not in stamps]
    added = [Column(name, kind, comment) for name, (kind, comment) in stamps.items()]
    key = _key_of(connection, table)
    create_table(connection, table, [*kept, *added], key, _comment_of(connection, table))
    source = f'candidate.{SCHEMA}."{table}"'
    selected = [f'rows."{column.name}"' for column in kept]
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
    ordered = ", ".join(f'rows."{column.name}" asc nulls last' for column in kept)
    connection.execute(
        f'insert into mart.{SCHEMA}."{table}" select {", ".join(selected)} from {source}'
        f" order by {ordered}",
        bound,
    )
    figures = [(column.name, column.type) for column in kept]
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


def stamps_of(table: str) -> Mapping[str, tuple[str, str]]:
    """The columns that publishing adds to a table."""
    return STAMPS if table in STAMPED else {}


def digest_of(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    table: str = "",
    *,
    is_ordered: bool = False,
) -> tuple[int, str]:
    r"""How many rows a relation has, and the SHA-256 of its canonical text.

    The canonical text is PostgreSQL's COPY text format in UTF-8: one line per row, columns in
    their order with a tab between, `\N` for NULL; rows ascending by all columns, NULL last.
    Decimals have the digits of their scale, days are ISO, moments are UTC with microseconds. The
    stamps of a release on `table` are left out: the same figures have the same digest.

    Args:
        connection: where the relation is.
        relation: what can stand after FROM.
        table: its name in the mart.
        is_ordered: its rows lie in that order already, as those of a mart do.
    """
    columns = _figures_of(connection, relation, table)
    line = ", ".join(_as_text(name, kind) for name, kind in columns)
    # The order is taken from the values: in text, 10 would stand before 9.
    order = ", ".join(f'"{name}" asc nulls last' for name, _ in columns)
    found = connection.execute(
        f"select concat_ws(chr(9), {line}) || chr(10) from {relation}"
        f"{'' if is_ordered else f' order by {order}'}"
    )
    digest, rows = hashlib.sha256(), 0
    for batch in found.to_arrow_reader(100_000):
        rows += batch.num_rows
        digest.update(_bytes_of(batch.column(0)))
    return rows, digest.hexdigest()


def fingerprint_of(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[tuple[str, str]]
) -> tuple[int, int]:
    """How many rows, and a sum of their hashes: quick, without order, for copies made just now.

    It depends on the version of the database and is never kept; `digest_of` is.
    """
    cells = ", ".join(f'cast("{name}" as {kind})' for name, kind in columns)
    found = connection.execute(
        f"select count(*), coalesce(sum(hash({cells})), 0) from {relation}"
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _figures_of(
    connection: duckdb.DuckDBPyConnection, relation: str, table: str
) -> list[tuple[str, str]]:
    """The columns of a relation and their types, without what a release stamps on it."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    stamps = stamps_of(table)
    return [(str(name), str(kind)) for name, kind, *_ in described if name not in stamps]


def _bytes_of(texts: pa.Array) -> memoryview | bytes:
    """All the texts of a column without NULL, one after the other, without copying them."""
    if not len(texts):
        return b""
    texts = texts.cast(pa.large_string())
    _, offsets, content = texts.buffers()
    begin, *_ = struct.unpack_from("<q", offsets, 8 * texts.offset)
    end, *_ = struct.unpack_from("<q", offsets, 8 * (texts.offset + len(texts)))
    return memoryview(content)[begin:end]


def _as_text(name: str, kind: str) -> str:
    column = f'"{name}"'
    if kind == "TIMESTAMP":
        shown = f"strftime({column}, '%Y-%m-%d %H:%M:%S.%f')"
    elif kind == "TIMESTAMP WITH TIME ZONE":
        shown = f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%d %H:%M:%S.%f')"
    else:
        shown = f"cast({column} as varchar)"
    if kind.partition("(")[0] not in NEVER_ESCAPED:
        escaped = shown
        for plain, written in ESCAPED:
            escaped = f"replace({escaped}, {plain}, chr(92) || '{written}')"
        # Asked first, because hardly any text needs it.
        needed = " or ".join(f"contains({shown}, {plain})" for plain, _ in ESCAPED)
        shown = f"case when {needed} then {escaped} else {shown} end"
    return f"coalesce({shown}, '\\N')"


def _part_of(memory_limit: str) -> str:
    """Most of the memory that may be taken: what is read from the database has to fit as well."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]+)", memory_limit).groups()  # type: ignore[union-attr]
    return f"{float(number) * MEMORY_SHARE:.3f}{unit}"


def _key_of(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    found = connection.execute(
        """
        select constraint_column_names from duckdb_constraints()
        where database_name = 'candidate' and schema_name = ? and table_name = ?
            and constraint_type = 'PRIMARY KEY'
        """,
        [SCHEMA, table],
    ).fetchone()
    return tuple(str(name) for name in found[0]) if found else ()


def _comment_of(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute(
        """
        select comment from duckdb_tables()
        where database_name = 'candidate' and schema_name = $schema and table_name = $table
        union all
        select comment from duckdb_views()
        where database_name = 'candidate' and schema_name = $schema and view_name = $table
        """,
        {"schema": SCHEMA, "table": table},
    ).fetchone()
    return str(found[0]) if found and found[0] else ""


def text(value: object) -> str:
    """A value as an SQL text, for the places where no parameter may stand."""
    return "'" + str(value).replace("'", "''") + "'"
