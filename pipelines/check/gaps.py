"""Are days missing between the first and the last that a stream tells of?

Belongs here: saying which are, by account. They are found while the landed views are made
(`pipelines/land/missing.py`), as periods with them are not complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from models.contract import Stream
from pipelines.check.contract_checks import by_table
from pipelines.check.lineage import Lineage
from pipelines.check.result import MOST_SAMPLES, CheckResult, judged
from pipelines.land.missing import has_days
from pipelines.land.restated import Days, merged

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

CODE = "GAP"
MOST_ACCOUNTS = 20


def expected_gaps(streams: Mapping[str, Stream], landings: Sequence[Landing]) -> list[str]:
    """The names of the questions that have to be answered for these accepted landings."""
    return [_id(table) for table in by_table(landings) if has_days(streams[table])]


def check_gaps(
    candidate: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    lineage: Lineage,
) -> list[CheckResult]:
    """Ask every stream that has a day in each row for days that are missing."""
    return [
        days_missing(candidate, streams[table]).concerning(lineage.kpis_of_landed(table))
        for table in by_table(landings)
        if has_days(streams[table])
    ]


def days_missing(candidate: duckdb.DuckDBPyConnection, stream: Stream) -> CheckResult:
    """No day is missing between the first and the last day of an account."""
    lacking = candidate.execute(
        "SELECT scope, list(day ORDER BY day) FROM landed.missing_days WHERE table_name = ?"
        " GROUP BY scope ORDER BY scope",
        [stream.table],
    ).fetchall()
    missing = {scope: merged((day, day) for day in days) for scope, days in lacking}
    shown = {account: _days(days) for account, days in list(missing.items())[:MOST_ACCOUNTS]}
    pairs = ((account, day) for account, days in shown.items() for day in days)
    return CheckResult(
        id=_id(stream.table),
        asked="Is there no day missing between the first and the last day of each account?",
        verdict=judged(bool(missing), "warn"),
        severity="warn",
        table=f"landed.{stream.table}",
        rows=sum(len(days) for _, days in lacking),
        sample=tuple(
            f"{account}: {day}" if account else day for account, day in list(pairs)[:MOST_SAMPLES]
        ),
        threshold="days on which the stream usually has rows, or a week that no export covers",
        owner=stream.owner.email,
        evidence={"code": CODE, "missing": shown, "accounts": len(missing)} if missing else {},
        look="Export those days again into the inbox: periods with them are not complete. If a day"
        " without a row is usual here, say so by `gaps` in the contract.",
    )


def _days(days: Sequence[Days]) -> list[str]:
    return [f"{first}" if first == last else f"{first} to {last}" for first, last in days]


def _id(table: str) -> str:
    return f"contract:{table}:days_missing"
