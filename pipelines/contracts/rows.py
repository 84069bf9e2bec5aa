"""The rows of a file as text, and which of them are no data: totals, notes, titles of sections."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.contracts.dialect import Dialect
from pipelines.land.readers import ROW_NUMBER, Layout, Records, cell

if TYPE_CHECKING:
    import duckdb

TOTAL = re.compile(
    r"((grand|sub|report)[ -]?)?(totals?|totales|totale|totaal|gesamt\w*|summe|somme|suma|insgesamt"
    r"|合计|总计|總計|合計|tổng( cộng)?)\b.*",
    re.IGNORECASE,
)
NOTHING_BUT_TOTAL = (
    r"((grand|sub|report)[ -]?)?(totals?|totale?|totaal|gesamt|summe|合计|總計|合計):?"
)
MOST_VALUES = 20_000
"""Different values of a column that are looked at; the trial landing looks at all."""
MOST_NOTES = 12


@dataclass(frozen=True)
class Special:
    """A row that is no data."""

    row: int
    cells: tuple[str, ...]
    text: str
    """Its first filled cell."""
    place: int
    """Where that one is, from 0."""


@dataclass
class Table:
    """The data rows, in a table `t` of the connection, with what stands between them."""

    connection: duckdb.DuckDBPyConnection
    width: int
    native: bool
    rows: int = 0
    totals: list[Special] = field(default_factory=list)
    notes: list[Special] = field(default_factory=list)
    has_sections: bool = False
    ragged: int = 0

    def values(self, index: int) -> list[tuple[str, int]]:
        """The different texts of a column with their number, in the order of the file."""
        return self.connection.execute(
            f"""select {cell(index)}, count(*) from t where {cell(index)} is not null
            group by 1 order by min(n) limit {MOST_VALUES}"""
        ).fetchall()

    def asked(self, sql: str) -> Any:
        """The one value of a question to `t`."""
        row = self.connection.execute(sql).fetchone()
        return row[0] if row else None


def read_table(
    connection: duckdb.DuckDBPyConnection, export: Any, name: str, dialect: Dialect, scratch: Path
) -> Table:
    """Read a file's rows under its dialect, and set aside those that are no data."""
    headers = tuple(h.strip() or f"column {n}" for n, h in enumerate(dialect.headers, start=1))
    layout = Layout(headers, {}, (), dialect.start, dialect.place + 2)
    records = _records(connection, export, name, dialect, layout, scratch)
    number = ROW_NUMBER if records.numbered else f"row_number() over () + {layout.first_row - 1}"
    cells = ", ".join(f"nullif(trim({cell(n)}), '') as {cell(n)}" for n in range(len(headers)))
    connection.execute(
        f"create temp table t as select {number} as n, {cells} from {records.relation}"
    )
    table = Table(connection, len(headers), records.native)
    if records.broken:
        raw = connection.execute(
            "select distinct _row_number, raw from read_parquet(?) order by 1",
            [str(records.broken)],
        ).fetchall()
        for row, said in raw:
            special = _special(row, tuple(str(v or "") for v in json.loads(said).values()))
            if special is None:
                continue
            if TOTAL.fullmatch(special.text):
                table.totals.append(special)
            elif sum(map(bool, special.cells)) == 1 and len(table.notes) < MOST_NOTES:
                table.notes.append(special)
            else:
                table.ragged += 1
    _set_aside(table)
    table.rows = int(table.asked("select count(*) from t") or 0)
    return table


def _records(
    connection: duckdb.DuckDBPyConnection,
    export: Any,
    name: str,
    dialect: Dialect,
    layout: Layout,
    scratch: Path,
) -> Records:
    from pipelines.land.readers import csv, text

    shape = dialect.shape
    if shape.format == "xlsx":
        from pipelines.land.readers import xlsx

        return xlsx.read(export.path, name, shape, layout, scratch)
    if shape.format == "json":
        from pipelines.land.readers import json as json_reader

        return json_reader.read(export.path, shape, layout, scratch)
    if shape.format == "parquet":
        from pipelines.land.readers import parquet

        return parquet.read(connection, export.path)
    utf8 = text.to_utf8(export.path, shape.encoding, scratch / "text")
    fast = csv.read_fast(utf8, shape, layout)
    if fast is not None and _agrees(connection, fast):
        return fast
    return csv.read_strictly(utf8, shape, layout, scratch)


def _agrees(connection: duckdb.DuckDBPyConnection, records: Records) -> bool:
    import duckdb

    try:
        found = connection.execute(f"select count(*) from {records.relation}").fetchone()
    except duckdb.Error:
        return False
    return found is not None and found[0] == records.rows


def _special(row: int, cells: tuple[str, ...]) -> Special | None:
    filled = [(n, text) for n, text in enumerate(cells) if text.strip()]
    return Special(row, cells, filled[0][1].strip(), filled[0][0]) if filled else None


def _set_aside(table: Table) -> None:
    """Take totals, notes and titles out of `t`; where they are few, they are notes at its end."""
    if table.width < 2:  # noqa: PLR2004
        return
    columns = [cell(n) for n in range(table.width)]
    filled = " + ".join(f"({each} is not null)::int" for each in columns)
    first = f"coalesce({', '.join(columns)})"
    usual = table.asked(f"select mode({filled}) from t") or 0
    last = table.asked(f"select max(n) from t where {filled} > 1") or 0
    found = table.connection.execute(
        f"""select n, [{", ".join(f"coalesce({each}, '')" for each in columns)}] from t
        where {filled} > 0 and (({filled} < {usual} and regexp_full_match({first}, ?, 'i'))
            or (n = {last} and regexp_full_match({first}, ?, 'i'))
            or ({filled} = 1 and {usual} > 2)) order by n limit 5000""",
        [TOTAL.pattern, NOTHING_BUT_TOTAL],
    ).fetchall()
    titles = []
    for row, cells in found:
        special = _special(row, tuple(cells))
        if special is None:
            continue
        if TOTAL.fullmatch(special.text):
            table.totals.append(special)
        elif row > last:
            table.notes.append(special)
        elif special.place == 0:
            titles.append(special)
    closed = {re.sub(r"(?i)^total (for )?", "", total.text) for total in table.totals}
    table.has_sections = bool(titles) and any(title.text in closed for title in titles)
    aside = [each.row for each in (*table.totals, *table.notes)]
    if table.has_sections:
        aside += [title.row for title in titles]
    unlabelled = _unlabelled_total(table, last, usual, filled) if not table.totals else None
    if unlabelled:
        table.totals.append(unlabelled)
        aside.append(unlabelled.row)
    table.connection.execute("delete from t where list_contains(?::bigint[], n)", [aside])


def _unlabelled_total(table: Table, last: int, usual: int, filled: str) -> Special | None:
    """The last row, if it has nothing but numbers where every other row has a text or date too."""
    cells = ", ".join(f"coalesce({cell(n)}, '')" for n in range(table.width))
    row = table.connection.execute(
        f"select [{cells}] from t where n = {last} and {filled} < {usual}"
    ).fetchone()
    rows = table.asked("select count(*) from t") or 0
    if row is None or rows < 3 or row[0][0]:  # noqa: PLR2004
        return None
    numeric = all(re.fullmatch(r"[-+(]?[\d.,'\s]+\)?\D{0,3}", text) for text in row[0] if text)
    always = table.asked(f"select count(*) from t where {cell(0)} is null") == 1
    return _special(last, tuple(row[0])) if numeric and always else None
