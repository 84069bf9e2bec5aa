"""What was set aside: whole files from the ledger, rows from the quarantine's Parquet files.

Shows each row's broken cell, but never personal data: what a contract flags is masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.contract import Stream, load_contracts
from pipelines.ledger import Ledger
from pipelines.serve.state import open_files
from pipelines.settings import Settings

MASK = "(personal data)"


@dataclass(frozen=True)
class Aside:
    """One file or row in quarantine; a row's `row` counts as a person counts in the file."""

    file: str
    table: str
    row: int | None
    column: str
    value: str
    code: str
    reason: str
    expected: str
    remedy: str


def open_quarantine(settings: Settings) -> list[Aside]:
    """Everything in quarantine that no later export or contract has mended, files first."""
    ledger = Ledger(settings.ledger_url)
    streams = load_contracts(settings.project / "models" / "contracts")
    files = [
        Aside(
            file=event.subject,
            table=str(event.payload.get("table") or ""),
            row=event.payload.get("row"),
            column=str(event.payload.get("column") or ""),
            value=str(event.payload.get("value") or ""),
            code=str(event.payload["code"]),
            reason=str(event.payload["reason"]),
            expected=str(event.payload.get("expected") or ""),
            remedy=str(event.payload.get("remedy") or ""),
        )
        for event in open_files(ledger)
    ]
    return files + _rows(settings, ledger, streams)


def _rows(settings: Settings, ledger: Ledger, streams: Mapping[str, Stream]) -> list[Aside]:
    newest = {(e.subject, e.payload["landing_id"]): e.payload for e in ledger.events("landed")}
    names: dict[Path, tuple[str, str]] = {}
    for (table, landing_id), payload in newest.items():
        file = settings.quarantine / table / f"{landing_id}.parquet"
        if payload["rows_quarantined"] and file.exists():
            names[file] = (table, str(payload["file"]))
    rows = []
    for file, (table, name) in names.items():
        stream = streams.get(table)
        personal = {c.name for c in stream.columns if c.personal} if stream else set()
        rows += [
            Aside(
                file=name,
                table=table,
                row=row,
                column=column,
                value=MASK if column in personal else value,
                code=code,
                reason=reason,
                expected=expected,
                remedy="",
            )
            for row, column, value, code, reason, expected in _read(file)
        ]
    return sorted(rows, key=lambda aside: (aside.file, aside.row or 0, aside.column))


def _read(file: Path) -> list[tuple[int, str, str, str, str, str]]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(
            """select _row_number, coalesce(column_name, ''), coalesce(value, ''), code,
                reason, coalesce(expected, '')
            from read_parquet(?) order by 1, 2""",
            [str(file)],
        ).fetchall()
