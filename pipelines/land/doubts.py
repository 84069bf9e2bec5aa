"""Landed exports that can be read and are doubtful all the same: held for a person's word.

Belongs here: each doubt, with what an operator is told. Does not belong here: what holding means
for figures (`intake.py`), and giving one's word (`holds.py`). None of the doubts depends on the
order in which exports arrived, but for a jump of units and a column that is missing, which need a
history to be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.history import lost_figures, unit_jump
from pipelines.land.landing import FileQuarantined, Landing
from pipelines.settings import Settings
from pipelines.storage import remove, temporary_beside

if TYPE_CHECKING:
    import duckdb

ACCEPT = "If it is right, say so: `kpi quarantine accept '{file}' --reason …`."


@dataclass(frozen=True)
class Contradiction:
    """An export that says something else of a row, or the same again, as others of its moment."""

    landing: Landing
    others: tuple[str, ...]
    """The landings it contradicts; while one of them is there, it does not count."""
    reason: str


def doubt(
    stream: Stream, landing: Landing, before: Sequence[Landing], accepted: Collection[str]
) -> FileQuarantined | None:
    """Why an export must not count until somebody says that it is right; None: no reason.

    Args:
        stream: its contract.
        landing: the export.
        before: the accepted landings of the stream.
        accepted: the doubts that somebody has lifted for these very bytes.
    """
    if landing.status != "accepted":
        return None
    if "DATE_MISMATCH" not in accepted and (found := _later_than_itself(stream, landing)):
        return found
    if "MISSING_COLUMN" not in accepted and (found := _without_a_figure(stream, landing, before)):
        return found
    if "UNIT_JUMP" not in accepted and stream.unit_jumps == "hold":
        return _other_unit(stream, landing, before)
    return None


def contradictions(
    settings: Settings, stream: Stream, landings: Sequence[Landing]
) -> list[Contradiction]:
    """What exports of one moment say of the same rows, where they cannot be parts of one export.

    Args:
        settings: where landed rows are.
        stream: the contract.
        landings: all of one moment, also those that were found doubtful before: the answer must
            not depend on which of them arrived first.
    """
    known = {landing.landing_id: landing for landing in landings if landing.rows_landed}
    if len(known) < 2:  # noqa: PLR2004  (one says nothing else than itself)
        return []
    scratch = temporary_beside(settings.home / "compared")
    files = [settings.landed / landing.parquet for landing in known.values()]
    try:
        with closing(sql.connect(settings.memory_limit, (settings.landed,), scratch)) as connection:
            if stream.key:
                rows = connection.execute(_same_key_other_values(stream, files)).fetchall()
                return [_disputed(stream, known, *row) for row in rows]
            if stream.load.rule == "window":
                pairs = connection.execute(_meeting_days(stream, files)).fetchall()
                return _without_key(connection, settings, stream, known, pairs)
            return []
    finally:
        remove(scratch)


def reverted(landing: Landing, name: str) -> FileQuarantined:
    """Bytes that a newer export has replaced came once more."""
    return _held(
        landing,
        "REVERSION",
        f"it is the version that was landed before and has been replaced since ({landing.file});"
        " nothing was changed by it",
        f"Remove it, if it was sent again by mistake. {ACCEPT.format(file=name)}",
        expected="a version that was not replaced",
        name=name,
    )


def _later_than_itself(stream: Stream, landing: Landing) -> FileQuarantined | None:
    """Whether rows speak of days after the export: then name and content are of different files."""
    latest = landing.exported_at.date() + timedelta(days=1)
    if stream.load.rule != "window" or not stream.completes_periods:
        return None
    if landing.covered_to is None or landing.covered_to <= latest:
        return None
    return _held(
        landing,
        "DATE_MISMATCH",
        f"it was exported on {landing.exported_at:%Y-%m-%d} by its name, its preamble or its time"
        f" of last change, but has rows of {landing.covered_to}",
        "Give it the name or the date of the export that it is."
        f" {ACCEPT.format(file=landing.file)}",
        expected=f"no day after {latest}",
        value=str(landing.covered_to),
        column=stream.load.until or stream.load.date or "",
    )


def _without_a_figure(
    stream: Stream, landing: Landing, before: Sequence[Landing]
) -> FileQuarantined | None:
    """Whether figures that were always told are not: they would be taken for nothing."""
    lost = lost_figures(stream, landing, before)
    if not lost:
        return None
    headers = [header.name or header.pattern or "" for header in stream.column(lost[0]).headers]
    return _held(
        landing,
        "MISSING_COLUMN",
        f"it has no {', '.join(lost)}, which the exports before it have",
        f"Export it with {repr(headers[0]) if headers else lost[0]}."
        f" {ACCEPT.format(file=landing.file)}",
        expected=" or ".join(headers[:3]),
        column=lost[0],
    )


def _other_unit(
    stream: Stream, landing: Landing, before: Sequence[Landing]
) -> FileQuarantined | None:
    jump = unit_jump(landing, before)
    if jump is None:
        return None
    column, usual, now = jump
    return _held(
        landing,
        "UNIT_JUMP",
        f"the amounts of {column} are commonly {now:,.6g}, where those of the exports before were"
        f" {usual:,.6g}: that is a change of the unit, such as cents or micros for units",
        f"Correct the export, or `divide_by` of that header in the contract of {stream.table}."
        f" {ACCEPT.format(file=landing.file)}",
        expected=f"commonly about {usual:,.6g}",
        value=f"{now:,.6g}",
        column=column,
    )


def _held(
    landing: Landing,
    code: str,
    reason: str,
    remedy: str,
    *,
    expected: str,
    value: str = "",
    column: str = "",
    name: str = "",
) -> FileQuarantined:
    return FileQuarantined(
        landing_id=landing.landing_id,
        file=name or landing.file,
        size=landing.size,
        source=landing.source,
        code=code,
        reason=reason,
        remedy=remedy,
        expected=expected,
        value=value,
        column=column,
        table=landing.table,
        exported_at=landing.exported_at.isoformat(),
    )


def _disputed(
    stream: Stream, known: Mapping[str, Landing], mine: str, others: Sequence[str], key: list[str]
) -> Contradiction:
    names = ", ".join(sorted(known[each].file for each in others)[:3])
    row = ", ".join(f"{name} {value}" for name, value in zip(stream.key, key, strict=True))
    reason = f"{names} of the same moment of export says something else of {row}"
    return Contradiction(known[mine], tuple(sorted(others)), reason)


def _same_key_other_values(stream: Stream, files: Sequence[Path]) -> str:
    """By landing: those that have a key of it with other values, and the first such key."""
    key = ", ".join(map(sql.identifier, stream.key))
    said = ", ".join(sql.identifier(column.name) for column in stream.columns)
    shown = ", ".join(f"CAST({sql.identifier(n)} AS VARCHAR)" for n in stream.key)
    return f"""
        WITH disputed AS (
            SELECT [{shown}] AS told, list(DISTINCT _landing_id) AS parties
            FROM {sql.parquet(files)} GROUP BY {key}
            HAVING count(DISTINCT _landing_id) > 1 AND count(DISTINCT row({said})) > 1
        ),
        sides AS (SELECT unnest(parties) AS mine, parties, told FROM disputed)
        SELECT mine, list_distinct(list_filter(flatten(list(parties)), each -> each <> mine)),
            min(told)
        FROM sides GROUP BY mine ORDER BY mine"""


def _meeting_days(stream: Stream, files: Sequence[Path]) -> str:
    """Pairs of landings with rows of the same days of the same scope, and the first such day."""
    told = _days_and_scope(stream)
    return f"""
        WITH days AS (SELECT DISTINCT _landing_id, {told} AS told FROM {sql.parquet(files)})
        SELECT one._landing_id, two._landing_id, min(one.told)[1], list(one.told)
        FROM days AS one JOIN days AS two
            ON one.told = two.told AND one._landing_id < two._landing_id
        GROUP BY ALL ORDER BY ALL"""


def _days_and_scope(stream: Stream) -> str:
    """What a window's row is of, in SQL: its days, and whatever an export restates whole."""
    load = stream.load
    names = dict.fromkeys((load.date or "", load.until or load.date or "", *load.scope))
    return f"[{', '.join(f'CAST({sql.identifier(name)} AS VARCHAR)' for name in names)}]"


def _without_key(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    stream: Stream,
    known: Mapping[str, Landing],
    pairs: Sequence[tuple[str, str, str, list[list[str]]]],
) -> list[Contradiction]:
    """Of two exports with rows of the same days, one repeats the other, or nobody can tell."""
    told = _days_and_scope(stream)
    said = ", ".join(sql.identifier(column.name) for column in stream.columns)
    found: list[Contradiction] = []
    for one, two, day, days in pairs:
        mine, others = (
            f"SELECT {said} FROM {sql.parquet([settings.landed / known[each].parquet])}"
            f" WHERE list_contains($days, {told})"
            for each in (one, two)
        )
        differs = connection.execute(
            f"(({mine}) EXCEPT ALL ({others})) UNION ALL (({others}) EXCEPT ALL ({mine})) LIMIT 1",
            {"days": days},
        ).fetchone()
        names = f"{known[one].file} and {known[two].file}"
        if differs is None:
            reason = f"{names} are of the same moment of export and say the same of {day}"
            found.append(Contradiction(known[two], (one,), reason))
            continue
        reason = (
            f"{names} are of the same moment of export, and both have rows of {day}, which cannot"
            " be told apart"
        )
        found += [Contradiction(known[a], (b,), reason) for a, b in ((one, two), (two, one))]
    return found
