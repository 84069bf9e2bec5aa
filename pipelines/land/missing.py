"""`landed.missing_days`: days inside what a stream tells of that should have rows and have none.

Belongs here: the stretches without rows, by account, of landed tables, and writing what is missing
of them. Does not belong here: by which rhythm a day is missing (`gaps.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.facts import write_missing_days
from pipelines.land.gaps import Told, covered_days, missing_days, told_by
from pipelines.land.landing import Landing
from pipelines.land.restated import Days

if TYPE_CHECKING:
    import duckdb

PERSONAL = "(personal data)"


@dataclass(frozen=True)
class Missing:
    """A day that an account of a stream lacks."""

    table: str
    scope: str
    """The account as a person reads it; empty where the stream as a whole is asked."""
    day: date


def has_days(stream: Stream) -> bool:
    """Whether a day can be missing: each row has one, and periods wait for the stream."""
    return stream.load.rule == "window" and stream.completes_periods


def find_missing_days(
    connection: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    accepted: Mapping[str, Sequence[Landing]],
) -> None:
    """Write `landed.missing_days` for the streams of which something is accepted."""
    covered = {
        table: covered_days(landings)
        for table, landings in accepted.items()
        if landings and has_days(streams[table])
    }
    missing = {
        table: sorted(set(_missing(connection, streams[table], days)), key=_order)
        for table, days in covered.items()
    }
    write_missing_days(
        connection,
        (
            (each.table, each.scope, each.day, _is_told_elsewhere(each, streams, covered, missing))
            for found in missing.values()
            for each in found
        ),
    )


def _missing(
    connection: duckdb.DuckDBPyConnection, stream: Stream, covered: Sequence[Days]
) -> Iterator[Missing]:
    for scope, told in _told(connection, stream, covered):
        stretches = missing_days(told, covered, whole_weeks=stream.gaps == "whole_weeks")
        for first, last in stretches:
            for n in range((last - first).days + 1):
                yield Missing(stream.table, scope, first + timedelta(days=n))


def _order(missing: Missing) -> tuple[str, date]:
    return missing.scope, missing.day


def _is_told_elsewhere(
    missing: Missing,
    streams: Mapping[str, Stream],
    covered: Mapping[str, Sequence[Days]],
    found: Mapping[str, Sequence[Missing]],
) -> bool:
    """Whether another of the source's ranked reports, which tell of the same money, has the day."""
    stream = streams[missing.table]
    return stream.spend_rank is not None and any(
        any(first <= missing.day <= last for first, last in days)
        and all(each.day != missing.day for each in found[table])
        for table, days in covered.items()
        if table != missing.table
        and streams[table].source == stream.source
        and streams[table].spend_rank is not None
    )


def _told(
    connection: duckdb.DuckDBPyConnection, stream: Stream, covered: Sequence[Days]
) -> Iterator[tuple[str, Told]]:
    """What the stream tells of, by account; of one without a rhythm, the days exports cover."""
    if stream.gaps == "whole_weeks":
        told = told_by(covered)
        if told:
            yield "", told
        return
    scope = stream.load.scope if stream.gaps == "by_scope" else ()
    first = f"CAST({sql.identifier(stream.load.date or '')} AS DATE)"
    last = f"CAST({sql.identifier(stream.load.until or stream.load.date or '')} AS DATE)"
    names = ", ".join(f"CAST({sql.identifier(name)} AS VARCHAR)" for name in scope)
    rows = connection.execute(
        f"""
        WITH said AS (
            SELECT CAST([{names}] AS VARCHAR[]) AS scope, {first} AS first_day,
                max({last}) AS last_day
            FROM landed.{sql.identifier(stream.table)} GROUP BY ALL
        ),
        reached AS (
            SELECT scope, first_day,
                max(last_day) OVER (PARTITION BY scope ORDER BY first_day) AS last_day,
                lead(first_day) OVER (PARTITION BY scope ORDER BY first_day) AS next_day
            FROM said
        )
        SELECT scope, min(first_day), max(last_day),
            list([last_day + 1, next_day - 1] ORDER BY first_day)
                FILTER (WHERE next_day > last_day + 1)
        FROM reached GROUP BY scope ORDER BY scope
        """
    ).fetchall()
    for values, first_day, last_day, holes in rows:
        told = Told(first_day, last_day, tuple((start, end) for start, end in holes or ()))
        yield _named(stream, scope, values), told


def _named(stream: Stream, scope: Sequence[str], values: Sequence[str | None]) -> str:
    return ", ".join(
        f"{name} {PERSONAL if stream.column(name).personal else value}"
        for name, value in zip(scope, values, strict=True)
    )
