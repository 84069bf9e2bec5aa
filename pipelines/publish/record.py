"""The tables in which a release says how it came about: checks, reconciliations, landings, history.

Belongs here: what these tables hold. No personal data: keys and names of files, never values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.check.contract_checks import quarantine_file
from pipelines.check.gate import Verdict
from pipelines.ledger import Ledger
from pipelines.publish.duckdb_target import Column, Record
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

TEXT, COUNT, AMOUNT = "varchar", "bigint", "decimal(38,6)"


def checks(verdict: Verdict, release: int) -> Record:
    """What was asked before the release, and answered."""
    return Record(
        "checks",
        "One check of this release: what it asked, and what the answer was",
        (
            Column("release_id", COUNT, "The release", not_null=True),
            Column("check_id", TEXT, "The check's name, the same in every release", not_null=True),
            Column("asked", TEXT, "What it asked"),
            Column("verdict", TEXT, "pass, warn, fail or error"),
            Column("severity", TEXT, "Whether a failure stops a release (block) or not (warn)"),
            Column("table_name", TEXT, "The table it asked about"),
            Column("row_count", COUNT, "How many rows answered wrongly"),
            Column("sample", TEXT, "Keys of a few of them, as JSON"),
            Column("threshold", TEXT, "From where on it fails"),
            Column("owner", TEXT, "Who is told"),
            Column("evidence", TEXT, "What was found, as JSON"),
            Column("look", TEXT, "Where to look next"),
            Column("kpis", TEXT, "The KPIs it concerns, as JSON"),
        ),
        [
            (
                release,
                result.id,
                result.asked,
                result.verdict,
                result.severity,
                result.table,
                result.rows,
                json.dumps(list(result.sample), ensure_ascii=False),
                result.threshold,
                result.owner,
                json.dumps(result.to_document()["evidence"], ensure_ascii=False, sort_keys=True),
                result.look,
                json.dumps(list(result.kpis)),
            )
            for result in verdict.results
        ],
    )


def reconciliations(verdict: Verdict) -> Record:
    """How far two sources that know the same thing agree, period by period."""
    names = (
        Column("name", TEXT, "Which two sources", not_null=True),
        Column("period_start", "date", "First day of the period", not_null=True),
        Column("period_end", "date", "Last day of the period; amounts count up to it"),
        Column("left_amount", AMOUNT, "What the first source says"),
        Column("right_amount", AMOUNT, "What the second source says"),
        Column("difference", AMOUNT, "The first less the second"),
        Column("timing", AMOUNT, "What of it is only booked later"),
        Column("unexplained", AMOUNT, "What is left"),
        Column("tolerance", AMOUNT, "How much may be left"),
        Column("verdict", TEXT, "pass or fail"),
    )
    periods: Iterable[Mapping[str, Any]] = (
        period
        for result in verdict.results
        if result.id.startswith("reconcile:")
        for period in result.evidence.get("periods", ())
    )
    rows = [tuple(period[column.name] for column in names) for period in periods]
    return Record(
        "reconciliations",
        "One period of two sources that know the same thing, from the first day both know",
        names,
        sorted(rows),
    )


def landings_of(connection: duckdb.DuckDBPyConnection) -> Record:
    """The exports that the figures were computed from, as the candidate had them."""
    described = connection.execute(
        """
        select column_name, data_type from duckdb_columns()
        where database_name = 'candidate' and schema_name = 'landed' and table_name = 'landings'
        order by column_index
        """
    ).fetchall()
    rows = connection.execute("select * from candidate.landed.landings order by all").fetchall()
    return Record(
        "landings",
        "One export that the figures were computed from",
        tuple(Column(str(name), str(kind)) for name, kind in described),
        rows,
    )


def quarantine_summary(settings: Settings, ledger: Ledger, landings: Sequence[Landing]) -> Record:
    """How many rows and files were set aside and why; not what stands in them."""
    rows: list[tuple[str, str, str, int | None]] = []
    with duckdb.connect() as connection:
        for landing in landings:
            file = quarantine_file(settings, landing)
            if file.exists():
                found = connection.execute(
                    "select code, count(distinct _row_number) from read_parquet(?) group by code",
                    [str(file)],
                ).fetchall()
                rows += [(landing.table, landing.file, str(c), int(n)) for c, n in found]
    landed = {str(event.payload.get("landing_id")) for event in ledger.events("landed")}
    for event in ledger.latest_by_subject("file_quarantined").values():
        if str(event.payload.get("landing_id")) not in landed:
            table = str(event.payload.get("table") or event.payload.get("source") or "")
            rows.append((table, event.subject, str(event.payload.get("code", "")), None))
    reasons = {event.subject for event in ledger.events("landing_set_aside")}
    for event in ledger.events("landed"):
        payload = event.payload
        if payload["status"] != "accepted" or payload["landing_id"] in reasons:
            count = int(payload["rows_landed"])
            rows.append((event.subject, str(payload["file"]), "SET_ASIDE", count))
    return Record(
        "quarantine_summary",
        "Rows and files that broke their contract, by file and reason",
        (
            Column("table_name", TEXT, "The landed table; of an unknown file its source"),
            Column("file", TEXT, "The export", not_null=True),
            Column("code", TEXT, "Why, as the contract names it", not_null=True),
            Column("row_count", COUNT, "How many rows; empty where a file was not read"),
        ),
        sorted(set(rows), key=lambda row: tuple(str(part) for part in row)),
    )


def releases(ledger: Ledger, this: Mapping[str, Any]) -> Record:
    """The releases up to this one."""
    names = (
        Column("release_id", COUNT, "The release", not_null=True),
        Column("run_id", TEXT, "The run that computed it"),
        Column("published_at", "timestamp", "When it was made, UTC"),
        Column("as_of", "date", "The day on which figures were looked at"),
        Column("parent_release", COUNT, "The release served before"),
        Column("figures_sha256", TEXT, "Identity of all its figures"),
        Column("checks_passed", COUNT, "How many checks passed"),
        Column("checks_total", COUNT, "How many checks were asked"),
    )
    keys = ["release", *(column.name for column in names[1:])]
    history = [event.payload for event in ledger.events("released")]
    rows = {p["release"]: tuple(p.get(key) for key in keys) for p in [*history, this]}
    return Record(
        "releases",
        "One release of the mart",
        names,
        [rows[number] for number in sorted(rows)],
    )
