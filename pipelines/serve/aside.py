"""One export in quarantine, looked at closely: its broken rows with the records they stand in.

Nothing personal is shown unless it is asked for: what a contract flags as personal is masked, and
so is what no contract knows, because nobody has said that it is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from models.contract import Stream, load_contracts
from pipelines.ledger import Ledger
from pipelines.set_aside import SetAside, read_set_aside
from pipelines.settings import Settings

MASK = "(personal data)"
MASK_UNKNOWN = "(not in the contract)"
SHIFTED = "RAGGED_ROW"
"""A record with other cells than the header: any of them may stand under another's name."""
SHORTEST_ID = 4


class NoSuchExport(Exception):
    """Nothing in quarantine is called so, or several are."""


@dataclass(frozen=True)
class BrokenRow:
    """One broken cell, or a row broken as a whole; `row` counts as a person counts in the file."""

    file: str
    table: str
    row: int
    column: str
    value: str
    code: str
    reason: str
    expected: str
    remedy: str
    raw: Mapping[str, str | None]
    """The whole record by header, as it came."""


@dataclass(frozen=True)
class Closely:
    """An export in quarantine, its broken rows, and its contract."""

    export: SetAside
    contract: str
    """Where the contract stands that it has broken, or comes nearest to."""
    lines: tuple[BrokenRow, ...]
    rows_in_all: int
    """How many rows are broken, those that are not shown among them."""


def in_quarantine(
    settings: Settings, source: str | None = None, code: str | None = None
) -> list[SetAside]:
    """What `kpi quarantine list` shows: every export of which something is set aside."""
    items = read_set_aside(settings, _streams(settings), Ledger(settings.ledger_url), code)
    return [each for each in items if source is None or each.source == source]


def find(settings: Settings, wanted: str) -> SetAside:
    """The one export in quarantine that a person means: by name, end of its name, or identity.

    Raises:
        NoSuchExport: there is none, or there are several.
    """
    items = in_quarantine(settings)
    ways = (
        [each for each in items if each.file == wanted],
        [each for each in items if _is_id(wanted) and each.landing_id.startswith(wanted)],
        [each for each in items if each.file.endswith(f"/{wanted}")],
    )
    found = next((way for way in ways if way), [])
    if len(found) > 1:
        names = "; ".join(f"{each.id} {each.file}" for each in found[:5])
        raise NoSuchExport(
            f"{len(found)} exports in quarantine are called {wanted!r}: {names}."
            " Say which by the number before its name."
        )
    if not found:
        raise NoSuchExport(
            f"No export in quarantine is called {wanted!r}. `kpi quarantine list` shows their"
            " names and numbers."
        )
    return found[0]


def look_closely(
    settings: Settings, wanted: str, *, most: int | None = None, personal: bool = False
) -> Closely:
    """An export in quarantine with its broken rows.

    Args:
        settings: where the quarantine is.
        wanted: its name or number.
        most: how many rows at most; None: all.
        personal: shows personal data, too.

    Raises:
        NoSuchExport: there is none, or there are several.
    """
    item = find(settings, wanted)
    stream = _streams(settings).get(item.table)
    lines, in_all = read_rows(settings, item, stream, most=most, personal=personal)
    if not personal and item.value and _is_secret(stream, item.column):
        item = replace(item, value=MASK)
    return Closely(item, _home(settings, stream) if stream else "", tuple(lines), in_all)


def read_rows(
    settings: Settings,
    item: SetAside,
    stream: Stream | None,
    *,
    most: int | None = None,
    personal: bool = False,
) -> tuple[list[BrokenRow], int]:
    """The first broken rows of an export, a line per broken cell, and how many rows there are."""
    import duckdb

    from pipelines.land import sql

    file = settings.quarantine / item.table / f"{item.landing_id}.parquet"
    if item.what == "file" or not file.exists():
        return [], 0
    source = sql.parquet([file])
    numbers = f"select distinct _row_number from {source} order by 1"
    with duckdb.connect() as connection:
        sql.shut_in(connection, [settings.quarantine])
        # An export may have millions of broken rows; somebody who looks wants a few.
        found = connection.execute(
            f"""select _row_number, coalesce(column_name, ''), coalesce(value, ''), code, reason,
                coalesce(expected, ''), coalesce(remedy, ''), raw
            from {source}
            where $most is null or _row_number in (select * from ({numbers}) limit $most)
            order by _row_number, column_name""",
            {"most": most},
        ).fetchall()
        counted = connection.execute(f"select count(*) from ({numbers})").fetchone()
    lines = []
    for row, column, value, code, reason, expected, remedy, raw in found:
        record = json.loads(raw) if raw else {}
        is_masked = not personal and bool(value) and _is_secret(stream, column)
        if not personal:
            record = _masked(stream, record, is_shifted=code == SHIFTED)
        said = (MASK if is_masked else value, code, reason, expected, remedy)
        lines.append(BrokenRow(item.file, item.table, row, column, *said, record))
    return lines, int(counted[0]) if counted else 0


def first_rows(settings: Settings, files: Set[str], most: int) -> tuple[list[BrokenRow], int]:
    """The first broken rows of some exports, at most so many, and how many there are in all."""
    streams = _streams(settings)
    lines: list[BrokenRow] = []
    in_all = 0
    for item in in_quarantine(settings):
        if item.file in files and item.what == "rows":
            found, rows = read_rows(settings, item, streams.get(item.table), most=most)
            lines += found
            in_all += rows
    return lines[:most], in_all


def _masked(
    stream: Stream | None, record: Mapping[str, str | None], *, is_shifted: bool
) -> dict[str, str | None]:
    if stream is None:
        return {header: cell and MASK_UNKNOWN for header, cell in record.items()}
    if is_shifted and any(column.personal for column in stream.columns):
        return {header: cell and MASK for header, cell in record.items()}
    return {header: cell and _mask_of(stream, header, cell) for header, cell in record.items()}


def _mask_of(stream: Stream, header: str, cell: str) -> str:
    """The cell, or what is shown in its place."""
    named = [c for c in stream.columns if c.name == header or c.header_for(header)]
    if not named:
        return MASK_UNKNOWN
    return MASK if any(column.personal for column in named) else cell


def _is_secret(stream: Stream | None, columns: str) -> bool:
    """Whether a value of these columns (a key may have several) is not to be shown."""
    if stream is None:
        return True
    personal = {column.name for column in stream.columns if column.personal}
    return not personal.isdisjoint(name.strip() for name in columns.split(","))


def _is_id(wanted: str) -> bool:
    return re.fullmatch(rf"[0-9a-f]{{{SHORTEST_ID},64}}", wanted) is not None


def _home(settings: Settings, stream: Stream) -> str:
    """Where a contract stands: file and line."""
    file = stream.file
    if file.is_relative_to(settings.project):
        file = file.relative_to(settings.project)
    return f"{file} line {stream.line}"


def _streams(settings: Settings) -> Mapping[str, Stream]:
    return load_contracts(settings.project / "models" / "contracts")
