"""How a stream's exports make one table: a view per stream, by the load rule of its contract.

The order in which exports arrived plays no part: `_exported_at` says which of two is newer, and
where that is equal the landing's id. Which days of which export hold is worked out here from the
landings' own facts, so that a view reads only the files that still say something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.landing import Landing
from pipelines.landed_sources import COLUMNS_OF_LANDINGS, COLUMNS_OF_STREAMS

if TYPE_CHECKING:
    import duckdb

Days = tuple[date, date]
ROW = ("_landing_id", "_row_number", "_exported_at")
LANDINGS = """
    landing_id VARCHAR, source VARCHAR, stream VARCHAR, table_name VARCHAR, file VARCHAR,
    exported_at TIMESTAMP, covered_from DATE, covered_to DATE, rows_in_file BIGINT,
    rows_landed BIGINT, rows_quarantined BIGINT, rows_skipped BIGINT, status VARCHAR,
    completes_periods BOOLEAN, restates_days INTEGER, family VARCHAR, owner VARCHAR
"""
STREAMS = """
    table_name VARCHAR, source VARCHAR, stream VARCHAR, family VARCHAR, owner VARCHAR,
    description VARCHAR, load_rule VARCHAR, spend_rank INTEGER, completes_periods BOOLEAN,
    restates_days INTEGER
"""
WINNING = """
    table_name VARCHAR, _landing_id VARCHAR, scope VARCHAR[], first_day DATE, last_day DATE
"""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """What still holds of one landing of a `window` stream."""

    landing: Landing
    days: Mapping[tuple[str, ...], tuple[Days, ...]]
    """By scope, the stretches of days that no newer export restates."""

    @property
    def is_whole(self) -> bool:
        """Nothing of it was restated."""
        everything = ((self.landing.covered_from, self.landing.covered_to),)
        return all(days == everything for days in self.days.values())

    @property
    def is_alike(self) -> bool:
        """The same days hold for each of its scopes."""
        return len(set(self.days.values())) == 1


def create_landed_views(
    connection: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    landed: Path,
) -> None:
    """Create schema `landed`: a view for each stream, the tables `landings` and `streams`.

    Args:
        connection: to the database that will hold the views.
        streams: every contract; a stream without landing gets an empty view of its types.
        landings: those to compute from; of one set aside the facts are shown, but no row.
        landed: the folder of landed files.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS landed")
    _fill(
        connection,
        "landings",
        LANDINGS,
        [_row(n, streams[n.table]) for n in landings if n.table in streams],
    )
    _fill(connection, "streams", STREAMS, [_declared(stream) for stream in streams.values()])
    for table, columns in (("landings", COLUMNS_OF_LANDINGS), ("streams", COLUMNS_OF_STREAMS)):
        for column, meaning in columns.items():
            connection.execute(f"COMMENT ON COLUMN landed.{table}.{column} IS {sql.text(meaning)}")
    accepted: dict[str, list[Landing]] = {table: [] for table in streams}
    for landing in sorted(landings, key=_age):
        if landing.status == "accepted" and landing.table in accepted:
            accepted[landing.table].append(landing)
    held = {
        table: still_holding(accepted[table])
        for table, stream in streams.items()
        if stream.load.rule == "window"
    }
    _fill(connection, "winning_days", WINNING, _winning(held))
    for table, stream in streams.items():
        query = _query(stream, accepted[table], held.get(table, []), landed.absolute())
        connection.execute(f"CREATE OR REPLACE VIEW landed.{sql.identifier(table)} AS {query}")


def still_holding(landings: Iterable[Landing]) -> list[Held]:
    """For each landing the days that hold of it: those it covers and no newer one does.

    Landings of which nothing holds are left out.
    """
    taken: dict[tuple[str, ...], list[Days]] = {}
    held = []
    for landing in sorted(landings, key=_age, reverse=True):
        first, last = landing.covered_from, landing.covered_to
        if first is None or last is None:
            continue
        days = {}
        for scope in map(tuple, landing.scopes):
            before = taken.setdefault(scope, [])
            free = tuple(_free((first, last), before))
            if free:
                days[scope] = free
                taken[scope] = _merged([*before, (first, last)])
        if days:
            held.append(Held(landing, days))
    return held


def _free(wanted: Days, taken: Iterable[Days]) -> Iterable[Days]:
    """The stretches of `wanted` that are not in `taken`, which is in order and without overlap."""
    first, last = wanted
    for start, end in taken:
        if end < first or start > last:
            continue
        if start > first:
            yield first, start - ONE_DAY
        first = end + ONE_DAY
    if first <= last:
        yield first, last


def _merged(stretches: Iterable[Days]) -> list[Days]:
    merged: list[Days] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1] + ONE_DAY:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _age(landing: Landing) -> tuple[Any, str]:
    return landing.exported_at, landing.landing_id


def _query(stream: Stream, landings: Sequence[Landing], held: Sequence[Held], landed: Path) -> str:
    if not landings:
        return _empty(stream)
    source = _Files(stream, landings, landed)
    if stream.load.rule == "snapshot":
        return source.rows(landings[-1:])
    if stream.load.rule == "window":
        return _window(source, held)
    if len(landings) == 1:
        return source.rows(landings)
    # `append` takes the newest version too: what is sent again with another value was corrected.
    key = ", ".join(map(sql.identifier, stream.key))
    return (
        f"SELECT * FROM ({source.rows(landings, once=False)}) QUALIFY row_number() OVER (PARTITION"
        f" BY {key} ORDER BY _exported_at DESC, _landing_id DESC, _row_number) = 1"
    )


def _window(source: _Files, held: Sequence[Held]) -> str:
    """The rows of the days that hold: of most landings all, or the same days for every scope."""
    stream = source.stream
    day = sql.identifier(stream.load.date or "")
    # Stretches of days do not overlap: a row meets at most one.
    of_landing = (
        f" JOIN landed.winning_days AS winning ON winning.table_name = {sql.text(stream.table)}"
        " AND winning._landing_id = export._landing_id"
        f" AND CAST(export.{day} AS DATE) BETWEEN winning.first_day AND winning.last_day"
    )
    scope = ", ".join(f"CAST(export.{sql.identifier(n)} AS VARCHAR)" for n in stream.load.scope)
    parts = [
        ("", [each.landing for each in held if each.is_whole]),
        (of_landing, [e.landing for e in held if not e.is_whole and e.is_alike]),
        (
            f"{of_landing} AND winning.scope = [{scope}]",
            [each.landing for each in held if not each.is_whole and not each.is_alike],
        ),
    ]
    selects = [
        f"SELECT export.* FROM ({source.rows(landings)}) AS export{join}"
        for join, landings in parts
        if landings
    ]
    return " UNION ALL ".join(selects) or _empty(stream)


@dataclass(frozen=True)
class _Files:
    stream: Stream
    landings: Sequence[Landing]
    folder: Path

    def rows(self, landings: Sequence[Landing], *, once: bool = True) -> str:
        """The rows of landings; `once`: a row that a file repeats is taken once."""
        parts = [
            self._select([n for n in landings if not (once and n.rows_repeated)], once=False),
            self._select([n for n in landings if once and n.rows_repeated], once=True),
        ]
        return " UNION ALL ".join(part for part in parts if part)

    def _select(self, landings: Sequence[Landing], *, once: bool) -> str:
        if not landings:
            return ""
        typed = ", ".join(
            f"CAST({sql.identifier(column.name)} AS {column.sql_type})"
            f" AS {sql.identifier(column.name)}"
            for column in self.stream.columns
        )
        # Landed under an older contract, a file may have other columns.
        alike = all(landing.contract_digest == self.stream.digest for landing in landings)
        files = (self.folder / landing.parquet for landing in landings)
        source = sql.parquet(files, "" if alike else ", union_by_name = true")
        key = ", ".join(map(sql.identifier, self.stream.key))
        repeats = (
            f" QUALIFY row_number() OVER (PARTITION BY _landing_id, {key} ORDER BY _row_number) = 1"
            if once and key
            else ""
        )
        return f"SELECT {typed}, {', '.join(ROW)} FROM {source}{repeats}"


def _empty(stream: Stream) -> str:
    types = [(column.name, column.sql_type) for column in stream.columns]
    types += zip(ROW, ("VARCHAR", "BIGINT", "TIMESTAMP"), strict=True)
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {sql.identifier(name)}" for name, kind in types)
    return f"SELECT {columns} WHERE false"


def _winning(held: Mapping[str, Sequence[Held]]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for table, landings in held.items():
        for each in landings:
            if each.is_whole:
                continue
            # One line stands for all scopes where these are alike.
            scopes = list(each.days)[:1] if each.is_alike else list(each.days)
            rows += [
                (table, each.landing.landing_id, list(scope), first, last)
                for scope in scopes
                for first, last in each.days[scope]
            ]
    return rows


def _row(landing: Landing, stream: Stream) -> tuple[Any, ...]:
    return (
        landing.landing_id,
        landing.source,
        landing.stream,
        landing.table,
        landing.file,
        landing.exported_at.astimezone(UTC).replace(tzinfo=None),
        landing.covered_from,
        landing.covered_to,
        landing.rows_in_file,
        landing.rows_landed,
        landing.rows_quarantined,
        sum(landing.rows_skipped.values()),
        landing.status,
        stream.completes_periods,
        stream.restates_days,
        stream.family,
        stream.owner.team,
    )


def _declared(stream: Stream) -> tuple[Any, ...]:
    return (
        stream.table,
        stream.source,
        stream.stream,
        stream.family,
        stream.owner.team,
        stream.description,
        stream.load.rule,
        stream.spend_rank,
        stream.completes_periods,
        stream.restates_days,
    )


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple[Any, ...]]
) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE landed.{table} ({columns})")
    if rows:
        # All rows by one statement, a list for each column: a thousand take no time.
        values = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(["unnest(?)"] * len(values))
        connection.execute(f"INSERT INTO landed.{table} SELECT {lists}", values)
