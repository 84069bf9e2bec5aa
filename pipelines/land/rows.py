"""The records of one export, typed: which ones land, which are broken, which are no data.

One pass over the text writes a scratch Parquet with every record, typed, and the text of the broken
ones beside it; everything after reads that. All of it is SQL, so that no row passes through Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from models.contract_parts import Column
from pipelines.land import sql
from pipelines.land.beginnings import beginnings, ranges
from pipelines.land.convert import Cell, starts_blank
from pipelines.land.numbers import BLANKS
from pipelines.land.readers import ROW_NUMBER, Records, SkipCell, cell, cell_above
from pipelines.land.recognise import Recognised
from pipelines.land.sections import Outline, with_sections

SOUND = "_rule IS NULL AND _raw IS NULL"
BLANK, SECTION = 0, -1
"""What `_rule` says of records that no rule of the contract names; those are counted from 1."""


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
    outline: Outline | None = None
    conflicting: int = 0
    repeated: int = 0

    @property
    def relation(self) -> str:
        """The typed records with their number, in SQL."""
        lacking = "".join(
            f", {each.value} AS {sql.identifier(each.column.name)}"
            for each in self.cells
            if not each.binding.is_bound
        )
        if self.records.numbered:
            return f"(SELECT *{lacking} FROM {sql.parquet([self.file])})"
        numbered = sql.parquet([self.file], ", file_row_number = true")
        first = self.records.first_row
        return (
            f"(SELECT * EXCLUDE (file_row_number), file_row_number + {first} AS {ROW_NUMBER}"
            f"{lacking} FROM {numbered})"
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
    connection: duckdb.DuckDBPyConnection,
    recognised: Recognised,
    records: Records,
    made: datetime,
    to: Path,
) -> Typed:
    """Type every record of an export that was made at a moment."""
    stream = recognised.stream
    cells = _cells(recognised, records, made)
    width = len(recognised.layout.headers)
    relation, report = records.relation, None
    if stream.sections:
        relation, report = with_sections(connection, records, width, stream.sections)
    relation = _filled_from_above(relation, cells)
    raw = [cell(index) for index in range(width)]
    number = f"{ROW_NUMBER}, " if records.numbered else ""
    values, repeated = _values(cells)
    broken = [condition for each in cells if (condition := each.is_broken)]
    broken.append(is_header(recognised))
    # Columns that the file does not have cost as much to write as others.
    bound = [sql.identifier(each.column.name) for each in cells if each.binding.is_bound]
    connection.execute(
        f"""COPY (
            SELECT {number}{", ".join(bound)}, _extra, _rule,
                CASE WHEN _rule IS NULL AND ({" OR ".join(broken)})
                    THEN [{", ".join(raw)}] END AS _raw
            FROM (SELECT *{repeated} FROM (
                SELECT *, {values}, {_extra(recognised)} AS _extra, {_rule(recognised)} AS _rule
                FROM {relation}
            ))
        ) TO {sql.text(str(to))}
            (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1)"""
    )
    counts = connection.execute(
        f"SELECT _rule, count(*), count(_raw) FROM {sql.parquet([to])} GROUP BY _rule ORDER BY 1"
    ).fetchall()
    names = {BLANK: "blank", SECTION: "section"}
    names |= {n: skip.rule.rule for n, skip in enumerate(recognised.layout.skips, start=1)}
    skipped = Counter[str]()
    for rule, rows, _ in counts:
        if rule is not None:
            skipped[names[rule]] += rows
    return Typed(
        recognised,
        records,
        cells,
        to,
        rows=sum(rows for _, rows, _ in counts),
        skipped=dict(skipped),
        broken=sum(broken for _, _, broken in counts),
        outline=report,
    )


def _cells(recognised: Recognised, records: Records, made: datetime) -> tuple[Cell, ...]:
    stream = recognised.stream
    # In the company's own zone it may be tomorrow already.
    latest = made.date() + timedelta(days=1)

    def is_id(column: Column) -> bool:
        named_so = column.name in stream.key or column.name.endswith("_id")
        return column.type == "text" and named_so

    plain = [
        Cell(binding, recognised.shape, is_id(binding.column), records.native, latest)
        for binding in recognised.bindings
    ]
    texts = {each.column.name: each.text for each in plain}
    return tuple(
        replace(each, currency=f"upper(trim({texts[units.currency]}))")
        if (units := each.column.minor_units)
        else each
        for each in plain
    )


def _values(cells: Sequence[Cell]) -> tuple[str, str]:
    """The columns' values in SQL: those to compute, and those that another column has already."""
    first: dict[str, str] = {}
    computed, repeated = [], []
    for each in cells:
        name, value = sql.identifier(each.column.name), each.value
        # One day is often the day of the row, and the first and last of its period.
        if each.binding.is_bound and value in first:
            repeated.append(f", {first[value]} AS {name}")
        else:
            first.setdefault(value, name)
            computed.append(f"{value} AS {name}")
    return ", ".join(computed), "".join(repeated)


def _filled_from_above(relation: str, cells: Sequence[Cell]) -> str:
    """The records, with a second cell for each column in which an empty one means "as above"."""
    places = [
        each.binding.index
        for each in cells
        if each.column.as_above and each.binding.index is not None
    ]
    if not places:
        return relation
    filled = ", ".join(
        f"coalesce(nullif({cell(n)}, ''), last_value(nullif({cell(n)}, '') IGNORE NULLS) OVER"
        f" (ORDER BY {ROW_NUMBER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), '')"
        f" AS {cell_above(n)}"
        for n in places
    )
    return f"(SELECT *, {filled} FROM {relation})"


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
    return replace(typed, conflicting=conflicting, repeated=repeated)


@dataclass(frozen=True)
class Span:
    """The days of which the rows of an export speak; None where there is no row, or no such day."""

    first: date | None = None
    last_start: date | None = None
    """The latest day on which a row begins."""
    last: date | None = None
    has_periods: bool = False
    """Some row speaks of several days."""


def days_and_scopes(
    connection: duckdb.DuckDBPyConnection, typed: Typed
) -> tuple[Span, list[list[str]]]:
    """load rule `window`: the days of which the landing rows speak, and the scopes in them."""
    load = typed.recognised.stream.load
    if load.rule != "window" or load.date is None:
        return Span(), []
    day = f"CAST({sql.identifier(load.date)} AS DATE)"
    until = f"CAST({sql.identifier(load.until or load.date)} AS DATE)"
    landing = f"FROM {typed.relation} WHERE {typed.sound}"
    found = connection.execute(
        f"SELECT min({day}), max({day}), max({until}), coalesce(bool_or({until} > {day}), false)"
        f" {landing}"
    ).fetchone()
    span = Span(*found) if found else Span()
    if not load.scope:
        return span, [[]]
    scope = ", ".join(f"CAST({sql.identifier(name)} AS VARCHAR)" for name in load.scope)
    scopes = connection.execute(f"SELECT DISTINCT {scope} {landing} ORDER BY ALL").fetchall()
    return span, [list(each) for each in scopes]


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


def _rule(recognised: Recognised) -> str:
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
        f" WHEN {_matches(skip)}{_alone(skip, len(layout.headers))} THEN {n}"
        for n, skip in enumerate(layout.skips, start=1)
    )
    sections = recognised.stream.sections
    if sections:
        total = f"regexp_full_match({_bare(sections.cell - 1)}, {sql.text(sections.total)})"
        rules += f" WHEN _is_title OR {total} THEN {SECTION}"
    return f"CASE WHEN {is_blank} THEN {BLANK}{rules} END"


def _bare(place: int) -> str:
    return f"trim({cell(place)}, {sql.text(BLANKS)})"


def _matches(skip: SkipCell) -> str:
    """Whether a record is none of data by a rule; plain comparisons go before what is costly."""
    text, bare = cell(skip.index), _bare(skip.index)
    if skip.rule.pattern is not None:
        expression = f"regexp_full_match({bare}, {sql.text(skip.rule.pattern)})"
        characters = beginnings(skip.rule.pattern)
        if characters is None:
            return expression
        begins = " OR ".join(
            f"({text} >= {sql.text(first)} AND {text} < {sql.text(following)})"
            for first, following in ranges(characters)
        )
        maybe = f"{starts_blank(text)}{f' OR {begins}' if begins else ''}"
        return f"CASE WHEN {maybe} THEN {expression} ELSE false END"
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


def is_header(recognised: Recognised) -> str:
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
