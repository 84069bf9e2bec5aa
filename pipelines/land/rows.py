"""The records of one export, typed: which ones land, which are broken, which are no data.

One pass over the text writes a scratch Parquet with every record, typed, and the text of the broken
ones beside it; everything after reads that. All of it is SQL, so that no row passes through Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.convert import BLANKS, Cell, starts_blank
from pipelines.land.readers import ROW_NUMBER, Records, SkipCell, cell
from pipelines.land.recognise import Recognised

SOUND = "_skip IS NULL AND _raw IS NULL"


@dataclass(frozen=True)
class Typed:
    """The scratch table with every record, and how many there are of each kind."""

    recognised: Recognised
    records: Records
    cells: tuple[Cell, ...]
    file: Path
    rows: int
    skipped: dict[str, int]
    broken: int
    conflicting: int = 0
    repeated: int = 0

    @property
    def relation(self) -> str:
        """The typed records with their number, in SQL."""
        if self.records.numbered:
            return sql.parquet([self.file])
        numbered = sql.parquet([self.file], ", file_row_number = true")
        first = self.records.first_row
        return (
            f"(SELECT * EXCLUDE (file_row_number), file_row_number + {first} AS {ROW_NUMBER}"
            f" FROM {numbered})"
        )

    @property
    def sound(self) -> str:
        """The condition under which a record lands."""
        conflicts = f" AND {ROW_NUMBER} NOT IN (SELECT {ROW_NUMBER} FROM conflicts)"
        return SOUND + (conflicts if self.conflicting else "")

    @property
    def landed(self) -> int:
        """How many records land."""
        return self.rows - sum(self.skipped.values()) - self.broken - self.conflicting


def convert(
    connection: duckdb.DuckDBPyConnection, recognised: Recognised, records: Records, to: Path
) -> Typed:
    """Type every record."""
    stream, shape = recognised.stream, recognised.shape
    cells = tuple(
        Cell(
            binding,
            shape,
            is_id=binding.column.type == "text"
            and (binding.column.name in stream.key or binding.column.name.endswith("_id")),
            native=records.native,
        )
        for binding in recognised.bindings
    )
    width = len(recognised.layout.headers)
    raw = [cell(index) for index in range(width)]
    number = f"{ROW_NUMBER}, " if records.numbered else ""
    values = ", ".join(f"{each.value} AS {sql.identifier(each.column.name)}" for each in cells)
    broken = [condition for each in cells if (condition := each.is_broken)]
    broken.append(_is_header(recognised))
    connection.execute(
        f"""COPY (
            SELECT {number}{", ".join(sql.identifier(each.column.name) for each in cells)},
                _extra, _skip,
                CASE WHEN _skip IS NULL AND ({" OR ".join(broken)})
                    THEN [{", ".join(raw)}] END AS _raw
            FROM (
                SELECT *, {values}, {_extra(recognised)} AS _extra, {_skip(recognised)} AS _skip
                FROM {records.relation}
            )
        ) TO {sql.text(str(to))} (FORMAT parquet, COMPRESSION uncompressed)"""
    )
    counts = connection.execute(
        f"SELECT _skip, count(*), count(_raw) FROM {sql.parquet([to])} GROUP BY _skip ORDER BY 1"
    ).fetchall()
    return Typed(
        recognised,
        records,
        cells,
        to,
        rows=sum(rows for _, rows, _ in counts),
        skipped={rule: rows for rule, rows, _ in counts if rule},
        broken=sum(broken for _, _, broken in counts),
    )


def find_conflicts(connection: duckdb.DuckDBPyConnection, typed: Typed) -> Typed:
    """Find the sound records that have one key but different values: none of them can be believed.

    A key that stands several times with the same values is one record written twice; it lands as it
    is, and the load rule takes it once.
    """
    stream = typed.recognised.stream
    if not stream.key:
        return typed
    key = ", ".join(sql.identifier(name) for name in stream.key)
    said = ", ".join(sql.identifier(column.name) for column in stream.columns)
    sound = f"FROM {typed.relation} WHERE {SOUND}"
    # Eight bytes a key, whatever its width, so that memory hardly follows the file.
    connection.execute(
        f"""CREATE TEMP TABLE suspects AS
        SELECT hash({key}) AS digest {sound} GROUP BY digest HAVING count(*) > 1"""
    )
    connection.execute(
        f"""CREATE TEMP TABLE doubtful AS
        SELECT hash({key}) AS digest, count(*) AS rows,
            min(hash({said})) = max(hash({said})) AS is_alike
        {sound} AND hash({key}) IN (SELECT digest FROM suspects) GROUP BY digest"""
    )
    # Only where values differ, the keys themselves are compared: two may share a hash.
    connection.execute(
        f"""CREATE TEMP TABLE twins AS
        SELECT {ROW_NUMBER}, row_number() OVER same_key > 1 AS is_repeated,
            min(hash({said})) OVER same_key <> max(hash({said})) OVER same_key AS is_conflict
        {sound} AND hash({key}) IN (SELECT digest FROM doubtful WHERE NOT is_alike)
        WINDOW same_key AS (PARTITION BY {key})"""
    )
    connection.execute(
        f"CREATE TEMP TABLE conflicts AS SELECT {ROW_NUMBER} FROM twins WHERE is_conflict"
    )
    found = connection.execute(
        """SELECT (SELECT count(*) FROM conflicts),
            (SELECT coalesce(sum(rows - 1), 0) FROM doubtful WHERE is_alike)
            + (SELECT count(*) FROM twins WHERE is_repeated AND NOT is_conflict)"""
    ).fetchone()
    conflicting, repeated = map(int, found or (0, 0))
    return Typed(**{**vars(typed), "conflicting": conflicting, "repeated": repeated})


def days_and_scopes(
    connection: duckdb.DuckDBPyConnection, typed: Typed
) -> tuple[tuple[date | None, date | None], list[list[str]]]:
    """load rule `window`: the first and last day among the landing rows, and the scopes in them."""
    load = typed.recognised.stream.load
    if load.rule != "window" or load.date is None:
        return (None, None), []
    day = sql.identifier(load.date)
    landing = f"FROM {typed.relation} WHERE {typed.sound}"
    found = connection.execute(
        f"SELECT CAST(min({day}) AS DATE), CAST(max({day}) AS DATE) {landing}"
    ).fetchone()
    if not load.scope:
        return found or (None, None), [[]]
    scope = ", ".join(f"CAST({sql.identifier(name)} AS VARCHAR)" for name in load.scope)
    scopes = connection.execute(f"SELECT DISTINCT {scope} {landing} ORDER BY ALL").fetchall()
    return found or (None, None), [list(each) for each in scopes]


def write_landed(
    connection: duckdb.DuckDBPyConnection,
    typed: Typed,
    landing_id: str,
    exported_at: str,
    facts: dict[str, str],
    to: Path,
) -> int:
    """Write the rows that land; returns how many there are in the written file."""
    columns = ", ".join(sql.identifier(column.name) for column in typed.recognised.stream.columns)
    said = ", ".join(f"{sql.identifier(k)}: {sql.text(v)}" for k, v in facts.items())
    connection.execute(
        f"""COPY (
            SELECT {columns}, {sql.text(landing_id)} AS _landing_id,
                CAST({ROW_NUMBER} AS BIGINT) AS {ROW_NUMBER},
                CAST({sql.text(exported_at)} AS TIMESTAMP) AS _exported_at, _extra
            FROM {typed.relation} WHERE {typed.sound}
        ) TO {sql.text(str(to))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{said}}})"""
    )
    found = connection.execute(f"SELECT count(*) FROM {sql.parquet([to])}").fetchone()
    return int(found[0]) if found else 0


def _skip(recognised: Recognised) -> str:
    """By which rule a record is no data; NULL for data."""
    layout = recognised.layout
    everything = ", ".join(cell(index) for index in range(len(layout.headers)))
    first = next(
        (b.index for b in recognised.bindings if b.index is not None and not b.column.nullable), 0
    )
    # The whole record is looked at only where a cell that must not be empty may be.
    is_blank = (
        f"CASE WHEN {cell(first)} IS NULL OR {starts_blank(cell(first))}"
        f" THEN regexp_full_match(concat({everything}), {sql.text(f'[{BLANKS}]*')})"
        " ELSE false END"
    )
    rules = "".join(
        f" WHEN {_matches(skip)}{_alone(skip, len(layout.headers))} THEN {sql.text(skip.rule.rule)}"
        for skip in layout.skips
    )
    return f"CASE WHEN {is_blank} THEN 'blank'{rules} END"


def _matches(skip: SkipCell) -> str:
    """Whether a record is none of data by a rule; plain comparisons go before what is costly."""
    text = cell(skip.index)
    bare = f"trim({text}, {sql.text(BLANKS)})"
    if skip.rule.pattern is not None:
        return f"regexp_full_match({bare}, {sql.text(skip.rule.pattern)})"
    if skip.rule.empty:
        return f"{bare} IN ({sql.texts(null.strip(BLANKS) for null in skip.nulls)})"
    starts = " OR ".join(
        f"starts_with({text}, {sql.text(start)}) OR ({starts_blank(text)}"
        f" AND starts_with(ltrim({text}, {sql.text(BLANKS)}), {sql.text(start)}))"
        for start in skip.rule.starts_with
    )
    return f"({starts})"


def _alone(skip: SkipCell, width: int) -> str:
    """That the rule's cell is the only filled one, where the rule demands it."""
    if not skip.rule.alone:
        return ""
    others = ["''", *(cell(index) for index in range(width) if index != skip.index)]
    return f" AND regexp_full_match(concat({', '.join(others)}), {sql.text(f'[{BLANKS}]*')})"


def _is_header(recognised: Recognised) -> str:
    """Whether a record is the header once more, as in files that were joined by hand."""
    cells = recognised.layout.start.cells
    named = [index for index, header in enumerate(cells) if header.strip()]
    if not recognised.shape.header or not named:
        return "false"
    first, *others = (f"{cell(index)} = {sql.text(cells[index])}" for index in named)
    rest = " AND ".join(others) or "true"
    return f"CASE WHEN {first} THEN {rest} ELSE false END"


def _extra(recognised: Recognised) -> str:
    """The cells that the contract does not know, as JSON by header; NULL if the file has none."""
    headers = recognised.layout.headers

    def document(places: tuple[int, ...]) -> str:
        pairs = ", ".join(f"{sql.text(headers[place])}, {cell(place)}" for place in places)
        return f"CAST(json_object({pairs}) AS VARCHAR)" if places else "CAST(NULL AS VARCHAR)"

    if not recognised.unnamed:
        return document(recognised.extra)
    # A trailing delimiter makes an empty column in every row: that is nothing to keep.
    unnamed = ", ".join(cell(place) for place in recognised.unnamed)
    everything = tuple(sorted((*recognised.extra, *recognised.unnamed)))
    return (
        f"CASE WHEN concat({unnamed}) = '' THEN {document(recognised.extra)}"
        f" ELSE {document(everything)} END"
    )


def table_columns(stream: Stream) -> list[tuple[str, str]]:
    """The columns of a landed table as SQL sees them, with their types."""
    own = [(column.name, column.sql_type) for column in stream.columns]
    return [
        *own,
        ("_landing_id", "VARCHAR"),
        (ROW_NUMBER, "BIGINT"),
        ("_exported_at", "TIMESTAMP"),
        ("_extra", "VARCHAR"),
    ]
