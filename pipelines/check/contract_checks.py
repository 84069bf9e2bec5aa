"""Asks of every stream whether its landings are whole, few enough rows were set aside, and recent.

Each question is answered from the files as they lie there, not from what landing wrote down about
them: a landing that lost rows would have miscounted them too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from models.contract import Stream
from pipelines.accepted import reasons_aside
from pipelines.check.lineage import Lineage
from pipelines.check.result import MOST_SAMPLES, CheckResult, crashed, judged
from pipelines.land import sql
from pipelines.ledger import Ledger
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

QUESTIONS = ("rows_conserved", "quarantined_share", "set_aside", "drift")
ALL_FILES = "contract:inbox:files"


def by_table(landings: Sequence[Landing]) -> dict[str, list[Landing]]:
    """The landings of each stream that has any, oldest export first."""
    grouped: dict[str, list[Landing]] = {}
    for landing in sorted(landings, key=lambda n: (n.table, n.exported_at, n.landing_id)):
        grouped.setdefault(landing.table, []).append(landing)
    return grouped


def expected_contract_checks(landings: Sequence[Landing]) -> list[str]:
    """The names of the questions that have to be answered for these accepted landings."""
    tables = by_table(landings)
    named = [f"contract:{table}:{question}" for table in tables for question in QUESTIONS]
    return [*named, *(f"freshness:{table}" for table in tables), ALL_FILES]


def check_contracts(
    settings: Settings,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    ledger: Ledger,
    lineage: Lineage,
) -> list[CheckResult]:
    """Answer every contract question about the accepted landings of a run."""
    aside = _set_aside(ledger, streams)
    results: list[CheckResult] = []
    for table, landed in by_table(landings).items():
        stream, kpis = streams[table], lineage.kpis_of_landed(table)
        answers = (
            rows_conserved(settings, stream, landed),
            quarantined_share(settings, stream, landed),
            set_aside_landings(stream, aside.get(table, {})),
            drift(stream, landed),
            freshness(settings, stream, landed),
        )
        results += [answer.concerning(kpis) for answer in answers]
    for table in sorted(set(aside) - set(by_table(landings))):
        if table in streams:
            answer = set_aside_landings(streams[table], aside[table])
            results.append(answer.concerning(lineage.kpis_of_landed(table)))
    return [*results, files_not_taken(ledger)]


def rows_conserved(settings: Settings, stream: Stream, landings: Sequence[Landing]) -> CheckResult:
    """Every row of every file is landed, quarantined, or skipped by a rule that has a name."""
    check_id = f"contract:{stream.table}:rows_conserved"
    asked = "Is every row of every file landed, quarantined, or skipped by a named rule?"
    wrong: dict[str, dict[str, int]] = {}
    try:
        there = _rows_in_files([landed_file(settings, landing) for landing in landings])
        for landing in landings:
            landed = there[landed_file(settings, landing)]
            quarantined = _quarantined_rows(settings, landing)
            skipped = sum(landing.rows_skipped.values())
            if landed != landing.rows_landed or quarantined != landing.rows_quarantined:
                wrong[landing.file] = {"landed_rows": landed, "said": landing.rows_landed}
            if landed + quarantined + skipped != landing.rows_in_file:
                wrong[landing.file] = {
                    "in_file": landing.rows_in_file,
                    "landed": landed,
                    "quarantined": quarantined,
                    "skipped": skipped,
                }
    except (duckdb.Error, OSError) as error:
        why = f"a landed file cannot be read: {error}"
        return crashed(
            check_id, asked, why, table=f"landed.{stream.table}", owner=stream.owner.email
        )
    return _result(
        stream,
        "rows_conserved",
        asked,
        judged(bool(wrong), "block"),
        "block",
        rows=len(wrong),
        sample=tuple(sorted(wrong)[:MOST_SAMPLES]),
        evidence={
            "landings": len(landings),
            "rows_in_files": sum(landing.rows_in_file for landing in landings),
            **({"wrong": wrong} if wrong else {}),
        },
        look="Rows were lost or doubled between a file and its landing: land the file again.",
    )


def quarantined_share(
    settings: Settings, stream: Stream, landings: Sequence[Landing]
) -> CheckResult:
    """No accepted landing has more rows in quarantine than its contract allows."""
    counts = [_quarantined_rows(settings, landing) for landing in landings]
    wrong = [
        landing
        for landing, rows in zip(landings, counts, strict=True)
        if rows > _allowed(stream, landing)
    ]
    return _result(
        stream,
        "quarantined_share",
        "Did each accepted file stay within its contract's share of quarantined rows?",
        judged(bool(wrong), "block"),
        "block",
        rows=sum(counts),
        sample=tuple(n.file for n in wrong[:MOST_SAMPLES]),
        threshold=f"at most {stream.quarantine_limit:.2%} of a file's rows, or one",
        evidence={"quarantined_rows": sum(counts)},
        look="`kpi quarantine list` shows the rows and why; mend the export or the contract.",
    )


def set_aside_landings(stream: Stream, reasons: Mapping[str, str]) -> CheckResult:
    """No export of the stream was set aside as a whole."""
    return _result(
        stream,
        "set_aside",
        "Was no export of this stream set aside as a whole?",
        judged(bool(reasons), "warn"),
        "warn",
        rows=len(reasons),
        sample=tuple(sorted(reasons)[:MOST_SAMPLES]),
        evidence={"reasons": dict(sorted(reasons.items()))} if reasons else {},
        look="The last good export of its days stays in the figures. Ask the owner for a new one.",
    )


def drift(stream: Stream, landings: Sequence[Landing]) -> CheckResult:
    """The newest export has the columns its contract knows, and no others."""
    newest = landings[-1]
    return _result(
        stream,
        "drift",
        "Does the newest export have the declared columns, and no others?",
        judged(bool(newest.drift), "warn"),
        "warn",
        sample=tuple(newest.drift[:MOST_SAMPLES]),
        evidence={"file": newest.file, "new": newest.drift, "not_there": newest.columns_missing},
        look=f"Declare the column in {stream.file.name}, or ask the vendor what it means.",
    )


def freshness(settings: Settings, stream: Stream, landings: Sequence[Landing]) -> CheckResult:
    """The newest export is as recent as its contract promises, seen from the day of the run."""
    asked_on = datetime.combine(settings.as_of, datetime.min.time(), UTC)
    newest = landings[-1].exported_at
    newest = newest if newest.tzinfo else newest.replace(tzinfo=UTC)
    hours = int((asked_on - newest).total_seconds() // 3600)
    limits = stream.freshness
    stopped = hours > limits.fail_after_hours
    return CheckResult(
        id=f"freshness:{stream.table}",
        asked="Is the newest export as recent as its contract promises?",
        verdict=judged(hours > limits.warn_after_hours, "warn"),
        severity="warn",
        table=f"landed.{stream.table}",
        threshold=f"{limits.warn_after_hours} hours; {limits.fail_after_hours} means it stopped",
        owner=stream.owner.email,
        evidence={"newest": newest, "hours": max(hours, 0), "stopped": stopped},
        look="The exports have stopped: ask the owner." if stopped else "Is the next export late?",
    )


def files_not_taken(ledger: Ledger) -> CheckResult:
    """No file in the inbox was set aside without having been landed since."""
    landed = {str(event.payload.get("landing_id")) for event in ledger.events("landed")}
    open_files: dict[str, str] = {}
    for event in ledger.events("file_quarantined"):
        open_files.pop(event.subject, None)
        if str(event.payload.get("landing_id") or "") not in landed:
            open_files[event.subject] = str(event.payload.get("code", ""))
    return CheckResult(
        id=ALL_FILES,
        asked="Was every file in the inbox taken in?",
        verdict=judged(bool(open_files), "warn"),
        severity="warn",
        rows=len(open_files),
        sample=tuple(sorted(open_files)[:MOST_SAMPLES]),
        evidence={"files": dict(sorted(open_files.items()))} if open_files else {},
        look="`kpi quarantine list` says of each file what its contract expected.",
    )


def landed_file(settings: Settings, landing: Landing) -> Path:
    """Where a landing's rows are."""
    return settings.landed / landing.parquet


def quarantine_file(settings: Settings, landing: Landing) -> Path:
    """Where a landing's quarantined rows are."""
    return settings.quarantine / landing.parquet


def _rows_in_files(files: Sequence[Path]) -> dict[Path, int]:
    """How many rows each Parquet file holds, from its own footer."""
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(f"{missing[0]} is missing: land its export again")
    with duckdb.connect() as connection:
        sql.shut_in(connection, {file.parent for file in files})
        found = connection.execute(
            "select file_name, num_rows from parquet_file_metadata(?)", [[str(f) for f in files]]
        ).fetchall()
    return {Path(name): int(rows) for name, rows in found}


def _allowed(stream: Stream, landing: Landing) -> int:
    """How many rows may be in quarantine: the contract's share, and one at least if it is not 0."""
    data = landing.rows_in_file - sum(landing.rows_skipped.values())
    limit = stream.quarantine_limit
    return max(1, math.floor(limit * data)) if limit else 0


def _quarantined_rows(settings: Settings, landing: Landing) -> int:
    file = quarantine_file(settings, landing)
    if not file.exists():
        return 0
    with duckdb.connect() as connection:
        sql.shut_in(connection, [settings.quarantine])
        found = connection.execute(
            "select count(distinct _row_number) from read_parquet(?)", [str(file)]
        ).fetchone()
    return int(found[0]) if found else 0


def _set_aside(ledger: Ledger, streams: Mapping[str, Stream]) -> dict[str, dict[str, str]]:
    """Why which file of which stream was set aside: when it was landed, or by its suite since."""
    reasons = {
        landing_id: reason for landing_id, (_, reason) in reasons_aside(ledger, streams).items()
    }
    found: dict[str, dict[str, str]] = {}
    for event in ledger.events("landed"):
        payload, table = event.payload, event.subject
        of_table = found.setdefault(table, {})
        of_table.pop(str(payload["file"]), None)
        if payload["status"] != "accepted":
            of_table[str(payload["file"])] = str(payload.get("reason") or "set aside")
        elif payload["landing_id"] in reasons:
            of_table[str(payload["file"])] = reasons[str(payload["landing_id"])]
    return {table: files for table, files in found.items() if files}


def _result(
    stream: Stream, question: str, asked: str, verdict: Any, severity: Any, **more: Any
) -> CheckResult:
    return CheckResult(
        id=f"contract:{stream.table}:{question}",
        asked=asked,
        verdict=verdict,
        severity=severity,
        table=f"landed.{stream.table}",
        owner=stream.owner.email,
        **more,
    )
