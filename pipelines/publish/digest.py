"""The identity of rows: a table's digest, for people and for good, and a quick fingerprint.

Belongs here: what of a table counts, and its canonical text. Does not belong here: writing rows
(`duckdb_target.py`), and which rows make a part of a table (`parts.py`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

STAMPED = ("kpi_scorecard", "kpi_latest")
STAMPS: Mapping[str, tuple[str, str]] = {
    "checks_passed": ("bigint", "How many checks of this KPI passed"),
    "checks_total": ("bigint", "How many checks were asked about this KPI"),
    "release_id": ("bigint", "The release this row belongs to"),
    "published_at": ("timestamp", "When the release was made, UTC"),
}


Digest = tuple[int, str]
"""How many rows, and the SHA-256 of their canonical text."""
NEVER_ESCAPED = ("DECIMAL", "BIGINT", "INTEGER", "DATE", "BOOLEAN", "TIMESTAMP")
ESCAPED = (("chr(92)", "\\"), ("chr(9)", "t"), ("chr(10)", "n"), ("chr(13)", "r"))
"""Characters by their code, the backslash first, and what is written after a backslash."""


def stamps_of(table: str) -> Mapping[str, tuple[str, str]]:
    """The columns that publishing adds to a table."""
    return STAMPS if table in STAMPED else {}


def digest_of_parts(digests: Mapping[str, str]) -> str:
    """One SHA-256 of several: of the lines `name digest`, in order of name."""
    lines = [f"{name} {digests[name]}\n" for name in sorted(digests)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_of(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    table: str = "",
    *,
    is_ordered: bool = False,
) -> Digest:
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
    found = connection.execute(
        f"select count(*), coalesce({fingerprint_sql(columns)}, 0) from {relation}"
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def fingerprint_sql(columns: Sequence[tuple[str, str]]) -> str:
    """The sum of the hashes of rows, of columns with a name and a type."""
    cells = ", ".join(f'cast("{name}" as {kind})' for name, kind in columns)
    return f"sum(hash({cells}))"


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
