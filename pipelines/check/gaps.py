"""Are days missing between the first and the last that a stream tells of?

Belongs here: finding the days without rows, by account, and saying which of them should have some.
The rhythm by which that is known is in `pipelines/land/gaps.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from models.contract import Stream
from pipelines.check.contract_checks import by_table
from pipelines.check.lineage import Lineage
from pipelines.check.result import MOST_SAMPLES, CheckResult, judged
from pipelines.land import sql
from pipelines.land.gaps import Told, covered_days, missing_days, told_by
from pipelines.land.restated import Days

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

CODE = "GAP"
MOST_ACCOUNTS = 20
PERSONAL = "(personal data)"


def expected_gaps(streams: Mapping[str, Stream], landings: Sequence[Landing]) -> list[str]:
    """The names of the questions that have to be answered for these accepted landings."""
    return [_id(table) for table in by_table(landings) if _has_days(streams[table])]


def check_gaps(
    candidate: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    lineage: Lineage,
) -> list[CheckResult]:
    """Ask every stream that has a day in each row for days that are missing."""
    return [
        days_missing(candidate, streams[table], landed).concerning(lineage.kpis_of_landed(table))
        for table, landed in by_table(landings).items()
        if _has_days(streams[table])
    ]


def days_missing(
    candidate: duckdb.DuckDBPyConnection, stream: Stream, landings: Sequence[Landing]
) -> CheckResult:
    """No day is missing between the first and the last day of an account."""
    covered = covered_days(landings)
    missing: dict[str, list[Days]] = {}
    for account, told in _told(candidate, stream, covered):
        days = missing_days(told, covered, whole_weeks=stream.gaps == "whole_weeks")
        if days:
            missing.setdefault(account, []).extend(days)
    shown = {account: _days(days) for account, days in list(missing.items())[:MOST_ACCOUNTS]}
    pairs = ((account, day) for account, days in shown.items() for day in days)
    return CheckResult(
        id=_id(stream.table),
        asked="Is there no day missing between the first and the last day of each account?",
        verdict=judged(bool(missing), "warn"),
        severity="warn",
        table=f"landed.{stream.table}",
        rows=sum((last - first).days + 1 for days in missing.values() for first, last in days),
        sample=tuple(
            f"{account}: {day}" if account else day for account, day in list(pairs)[:MOST_SAMPLES]
        ),
        threshold="days on which the stream usually has rows, or a week that no export covers",
        owner=stream.owner.email,
        evidence={"code": CODE, "missing": shown, "accounts": len(missing)} if missing else {},
        look="Export those days again into the inbox: figures of their periods lack them. If a day"
        " without a row is usual here, say so by `gaps` in the contract.",
    )


def _told(
    candidate: duckdb.DuckDBPyConnection, stream: Stream, covered: Sequence[Days]
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
    rows = candidate.execute(
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


def _days(days: Sequence[Days]) -> list[str]:
    return [f"{first}" if first == last else f"{first} to {last}" for first, last in days]


def _has_days(stream: Stream) -> bool:
    return stream.load.rule == "window" and stream.completes_periods


def _id(table: str) -> str:
    return f"contract:{table}:days_missing"
