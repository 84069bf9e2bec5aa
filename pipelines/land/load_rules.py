"""How a stream's exports make one table: a view per stream, by the load rule of its contract.

The order in which exports arrived plays no part: `_exported_at` says which of two is newer; exports
of the same moment are parts of one. Which landings count is said here; which of their days, in
`restated.py`; the queries themselves are in `views.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.landing import Landing
from pipelines.land.restated import by_age, still_holding, winning_rows
from pipelines.land.views import every_version, rows_that_count
from pipelines.landed_sources import (
    COLUMNS_OF_LANDINGS,
    COLUMNS_OF_STREAMS,
    has_history,
    history_table,
)

if TYPE_CHECKING:
    import duckdb

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
SNAPSHOTS = """
    table_name VARCHAR, _landing_id VARCHAR, _exported_at TIMESTAMP, place BIGINT,
    next_exported_at TIMESTAMP
"""


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
    for landing in by_age(landings):
        if landing.status == "accepted" and landing.table in accepted:
            accepted[landing.table].append(landing)
    held = {
        table: still_holding(accepted[table])
        for table, stream in streams.items()
        if stream.load.rule == "window"
    }
    _fill(connection, "winning_days", WINNING, winning_rows(held))
    _fill(connection, "snapshots", SNAPSHOTS, _snapshots(streams, accepted))
    for table, stream in streams.items():
        query = rows_that_count(stream, accepted[table], held.get(table, []), landed.absolute())
        connection.execute(f"CREATE OR REPLACE VIEW landed.{sql.identifier(table)} AS {query}")
        if has_history(stream):
            query = every_version(stream, accepted[table], landed.absolute())
            name = sql.identifier(history_table(table))
            connection.execute(f"CREATE OR REPLACE VIEW landed.{name} AS {query}")


def _snapshots(
    streams: Mapping[str, Stream], accepted: Mapping[str, Sequence[Landing]]
) -> list[tuple[Any, ...]]:
    """The moments at which each list was exported whole, in order, with the one that follows."""
    rows: list[tuple[Any, ...]] = []
    for table, stream in streams.items():
        if has_history(stream):
            exported = [
                (_utc(moment), landing.landing_id)
                for landing in accepted[table]
                for moment in (
                    landing.exported_at,
                    *map(datetime.fromisoformat, landing.earlier_exports),
                )
            ]
            moments = sorted({moment for moment, _ in exported})
            place = {moment: number for number, moment in enumerate(moments)}
            following = dict(itertools.pairwise(moments))
            rows += [
                (table, name, moment, place[moment], following.get(moment))
                for moment, name in exported
            ]
    return rows


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _row(landing: Landing, stream: Stream) -> tuple[Any, ...]:
    return (
        landing.landing_id,
        landing.source,
        landing.stream,
        landing.table,
        landing.file,
        _utc(landing.exported_at),
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
