"""Tables of schema `landed` that are about the exports and streams, not rows of them.

Belongs here: their columns, and filling them. Does not belong here: which rows of an export count
(`load_rules.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from models.scorecard import Scorecard
from pipelines.land import sql
from pipelines.land.landing import Landing
from pipelines.land.report_periods import ReportPeriod
from pipelines.landed_sources import FACTS

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
REPORT_PERIODS = """
    table_name VARCHAR, account_key VARCHAR, period_start DATE, period_end DATE, feeds BOOLEAN,
    days_left_out INTEGER
"""
MISSING_DAYS = """
    table_name VARCHAR, scope VARCHAR, day DATE, is_told_elsewhere BOOLEAN
"""

MATURITY = """
    table_name VARCHAR, measure VARCHAR, age_days INTEGER, days BIGINT, known_share DECIMAL(18, 6)
"""

SCORECARD_MEASURES = """
    scorecard VARCHAR, label VARCHAR, description VARCHAR, owner VARCHAR, grain VARCHAR,
    score_by VARCHAR, place BIGINT, perspective VARCHAR, kpi VARCHAR, weight DECIMAL(7, 6)
"""

KEY_RESULTS = """
    scorecard VARCHAR, grain VARCHAR, objective VARCHAR, label VARCHAR, description VARCHAR,
    owner VARCHAR, starts DATE, ends DATE, place BIGINT, kpi VARCHAR, slice VARCHAR,
    slice_value VARCHAR, baseline DECIMAL(38, 6), target DECIMAL(38, 6), weight DECIMAL(7, 6)
"""


def write_facts(
    connection: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
) -> None:
    """Write `landings` and `streams`."""
    known = [_row(n, streams[n.table]) for n in landings if n.table in streams]
    fill(connection, "landings", LANDINGS, known)
    fill(connection, "streams", STREAMS, [_declared(stream) for stream in streams.values()])
    _comment(connection, "landings", "streams")


def write_report_periods(
    connection: duckdb.DuckDBPyConnection, periods: Iterable[ReportPeriod]
) -> None:
    """Write `report_periods`."""
    rows = [
        (each.table, each.account_key, each.first, each.last, each.feeds, each.days_left_out)
        for each in periods
    ]
    fill(connection, "report_periods", REPORT_PERIODS, rows)
    _comment(connection, "report_periods")


def write_missing_days(
    connection: duckdb.DuckDBPyConnection, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Write `missing_days`."""
    fill(connection, "missing_days", MISSING_DAYS, list(rows))
    _comment(connection, "missing_days")


def write_maturity(connection: duckdb.DuckDBPyConnection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write `maturity`."""
    fill(connection, "maturity", MATURITY, list(rows))
    _comment(connection, "maturity")


def write_scorecards(connection: duckdb.DuckDBPyConnection, cards: Iterable[Scorecard]) -> None:
    """Write `scorecard_measures` and `key_results`; both are empty where nothing is declared."""
    declared = list(cards)
    measures = [
        (
            card.scorecard,
            card.label,
            card.description,
            card.owner.team,
            card.grain,
            card.score_by,
            place,
            measure.perspective,
            measure.kpi,
            str(measure.weight),
        )
        for card in declared
        for place, measure in enumerate(card.measures, start=1)
    ]
    results = [
        (
            card.scorecard,
            card.grain,
            objective.name,
            objective.label,
            objective.description,
            objective.owner.team,
            objective.starts,
            objective.ends,
            place,
            result.kpi,
            result.slice,
            result.slice_value,
            str(result.baseline),
            str(result.target),
            str(result.weight),
        )
        for card in declared
        for objective in card.objectives
        for place, result in enumerate(objective.key_results, start=1)
    ]
    fill(connection, "scorecard_measures", SCORECARD_MEASURES, measures)
    fill(connection, "key_results", KEY_RESULTS, results)
    _comment(connection, "scorecard_measures", "key_results")


def utc(moment: datetime) -> datetime:
    """A moment as landed tables have it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _comment(connection: duckdb.DuckDBPyConnection, *tables: str) -> None:
    for table in tables:
        for column, meaning in FACTS[table].columns.items():
            connection.execute(f"COMMENT ON COLUMN landed.{table}.{column} IS {sql.text(meaning)}")


def _row(landing: Landing, stream: Stream) -> tuple[Any, ...]:
    return (
        landing.landing_id,
        landing.source,
        landing.stream,
        landing.table,
        landing.file,
        utc(landing.exported_at),
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


def fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple[Any, ...]]
) -> None:
    """Write a table of schema `landed` anew."""
    connection.execute(f"CREATE OR REPLACE TABLE landed.{table} ({columns})")
    if rows:
        # All rows by one statement, a list for each column: a thousand take no time.
        values = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(["unnest(?)"] * len(values))
        connection.execute(f"INSERT INTO landed.{table} SELECT {lists}", values)
