"""The tables in which a release says how it came about: checks, reconciliations, landings, history.

Belongs here: what these tables hold. No personal data: keys and names of files, never values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.check.gate import Verdict
from pipelines.ledger import Ledger
from pipelines.publish.duckdb_target import Column, Record

if TYPE_CHECKING:
    from pipelines.set_aside import SetAside

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


def quarantine_summary(aside: Sequence[SetAside]) -> Record:
    """What is set aside, by file and reason: how much, and what to do; not what stands in it."""
    rows = [
        (
            each.source,
            each.table,
            each.file,
            code,
            each.what,
            count,
            each.remedies.get(code, ""),
            each.landing_id,
            each.at.replace(tzinfo=None),
        )
        for each in aside
        for code, count in each.codes.items()
    ]
    return Record(
        "quarantine_summary",
        "Rows and files that broke their contract, by file and reason",
        (
            Column("source", TEXT, "The vendor's product"),
            Column("table_name", TEXT, "The landed table; of an unknown file the nearest, if any"),
            Column("file", TEXT, "The export", not_null=True),
            Column("code", TEXT, "Why, as docs/contracts.md names it", not_null=True),
            Column(
                "what", TEXT, "file: not landed; landing: set aside as a whole; rows: some rows"
            ),
            Column(
                "row_count",
                COUNT,
                "Rows with this code, of which one may have several; empty where a file was not"
                " read",
            ),
            Column("remedy", TEXT, "What to do"),
            Column("landing_id", TEXT, "SHA-256 of the export's bytes"),
            Column("set_aside_at", "timestamp", "Since when, UTC"),
        ),
        sorted(rows, key=lambda row: tuple(str(part) for part in row)),
    )


def quarantine_money(aside: Sequence[SetAside]) -> Record:
    """The money in rows that are set aside, each row counted once whatever its codes."""
    rows = [
        (
            each.source,
            each.table,
            each.file,
            money.column,
            money.currency or None,
            money.amount,
            money.unread,
            each.landing_id,
        )
        for each in aside
        for money in each.money
    ]
    return Record(
        "quarantine_money",
        "What the rows that are set aside state, by export, column and currency",
        (
            Column("source", TEXT, "The vendor's product"),
            Column("table_name", TEXT, "The landed table"),
            Column("file", TEXT, "The export", not_null=True),
            Column("amount_column", TEXT, "The column; sums of several are of no use"),
            Column("currency_code", TEXT, "Empty where the rows do not say it"),
            Column("amount", AMOUNT, "The sum of the amounts that can be read"),
            Column("unread_count", COUNT, "How many amounts are there and cannot be read"),
            Column("landing_id", TEXT, "SHA-256 of the export's bytes"),
        ),
        sorted(rows, key=lambda row: tuple(str(part) for part in row)),
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
