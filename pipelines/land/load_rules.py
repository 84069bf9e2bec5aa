"""How a stream's exports make one table: a view per stream, by the load rule of its contract.

The order in which exports arrived plays no part: `_exported_at` says which of two is newer; exports
of the same moment are parts of one. Which landings count is said here; which of their days, in
`restated.py`; the queries themselves are in `views.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from models.scorecard import Scorecard
from pipelines.land import sql
from pipelines.land.facts import fill, utc, write_facts, write_report_periods, write_scorecards
from pipelines.land.landing import Landing
from pipelines.land.maturity import find_maturity
from pipelines.land.missing import find_missing_days
from pipelines.land.report_periods import chosen_periods
from pipelines.land.restated import by_age, still_holding, winning_rows
from pipelines.land.views import every_version, rows_that_count
from pipelines.landed_sources import has_history, history_table

if TYPE_CHECKING:
    import duckdb

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
    week_start: str = "monday",
    scorecards: Iterable[Scorecard] = (),
) -> None:
    """Create schema `landed`: a view for each stream, and tables about them.

    The tables are `landings`, `streams`, `report_periods`, `missing_days`, `maturity`,
    `scorecard_measures` and `key_results`.

    Args:
        connection: to the database that will hold the views.
        streams: every contract; a stream without landing gets an empty view of its types.
        landings: those to compute from; of one set aside the facts are shown, but no row.
        landed: the folder of landed files.
        week_start: the day on which the company's weeks start, monday or sunday.
        scorecards: what the figures are scored by, as declared.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS landed")
    write_facts(connection, streams, landings)
    write_scorecards(connection, scorecards)
    accepted: dict[str, list[Landing]] = {table: [] for table in streams}
    for landing in by_age(landings):
        if landing.status == "accepted" and landing.table in accepted:
            accepted[landing.table].append(landing)
    held = {
        table: still_holding(accepted[table])
        for table, stream in streams.items()
        if stream.load.rule == "window"
    }
    fill(connection, "winning_days", WINNING, winning_rows(held))
    fill(connection, "snapshots", SNAPSHOTS, _snapshots(streams, accepted))
    for table, stream in streams.items():
        query = rows_that_count(stream, accepted[table], held.get(table, []), landed.absolute())
        connection.execute(f"CREATE OR REPLACE VIEW landed.{sql.identifier(table)} AS {query}")
        if has_history(stream):
            query = every_version(stream, accepted[table], landed.absolute())
            name = sql.identifier(history_table(table))
            connection.execute(f"CREATE OR REPLACE VIEW landed.{name} AS {query}")
    write_report_periods(connection, chosen_periods(connection, streams, held, week_start))
    find_missing_days(connection, streams, accepted)
    find_maturity(connection, streams, accepted, landed.absolute())


def _snapshots(
    streams: Mapping[str, Stream], accepted: Mapping[str, Sequence[Landing]]
) -> list[tuple[Any, ...]]:
    """The moments at which each list was exported whole, in order, with the one that follows."""
    rows: list[tuple[Any, ...]] = []
    for table, stream in streams.items():
        if has_history(stream):
            exported = [
                (utc(moment), landing.landing_id)
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
