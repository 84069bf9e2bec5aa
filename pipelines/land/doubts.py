"""Landed exports that can be read and are doubtful all the same: held for a person's word.

Belongs here: each doubt, with what an operator is told. Does not belong here: what holding means
for figures (`intake.py`), and giving one's word (`holds.py`). None of the doubts depends on the
order in which exports arrived, but for a jump of units, which needs a history to be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from models.contract import Stream
from pipelines.land import sql
from pipelines.land.history import unit_jump
from pipelines.land.landing import FileQuarantined, Landing
from pipelines.settings import Settings
from pipelines.storage import remove, temporary_beside

ACCEPT = "If it is right, say so: `kpi quarantine accept '{file}' --reason …`."


@dataclass(frozen=True)
class Contradiction:
    """Two exports of one moment that cannot be parts of one: both are doubtful, or one repeats."""

    doubtful: tuple[Landing, ...]
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
    if "UNIT_JUMP" not in accepted and stream.unit_jumps == "hold":
        return _other_unit(stream, landing, before)
    return None


def contradictions(
    settings: Settings, stream: Stream, landing: Landing, others: Sequence[Landing]
) -> list[Contradiction]:
    """What exports of the same moment say of the same rows, where it is not the same.

    Args:
        settings: where landed rows are.
        stream: the contract.
        landing: the new export.
        others: all landings of the stream, those held for a contradiction included: else the
            answer would depend on which of three arrived first.
    """
    of_one_moment = [
        other
        for other in others
        if other.exported_at == landing.exported_at
        and other.landing_id != landing.landing_id
        and other.file != landing.file
        and other.rows_landed
    ]
    found = [_compared(settings, stream, landing, other) for other in of_one_moment]
    return [each for each in found if each is not None]


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
    )


def _compared(
    settings: Settings, stream: Stream, landing: Landing, other: Landing
) -> Contradiction | None:
    scratch = temporary_beside(settings.home / "compared")
    try:
        with closing(sql.connect(settings.memory_limit, (settings.landed,), scratch)) as connection:
            one, two = (sql.parquet([settings.landed / each.parquet]) for each in (landing, other))
            if stream.key:
                row = connection.execute(_same_key_other_values(stream, one, two)).fetchone()
                if row is None:
                    return None
                said = ", ".join(f"{n} {v}" for n, v in zip(stream.key, row, strict=True))
                return Contradiction(
                    (landing, other),
                    f"{landing.file} and {other.file} are of the same moment of export, and say"
                    f" different things of {said}",
                )
            if stream.load.rule == "window":
                return _same_days(
                    connection.execute(_shared_days(stream, one, two)).fetchone(), landing, other
                )
            return None
    finally:
        remove(scratch)


def _same_days(
    row: tuple[object, ...] | None, landing: Landing, other: Landing
) -> Contradiction | None:
    if row is None or row[0] is None:
        return None
    first, is_alike = row
    if is_alike:
        # Which of the two goes must not depend on which came first.
        repeats = max(landing, other, key=lambda each: each.landing_id)
        kept = other if repeats is landing else landing
        return Contradiction((repeats,), f"{repeats.file} says the same as {kept.file}")
    return Contradiction(
        (landing, other),
        f"{landing.file} and {other.file} are of the same moment of export, and both have rows of"
        f" {first}, which cannot be told apart",
    )


def _same_key_other_values(stream: Stream, one: str, two: str) -> str:
    """A key that both have with different values; a window's rows are of the same days, too."""
    key = ", ".join(map(sql.identifier, stream.key))
    others = [c.name for c in stream.columns if c.name not in stream.key]
    differs = " OR ".join(
        f"one.{name} IS DISTINCT FROM two.{name}" for name in map(sql.identifier, others)
    )
    same = " AND ".join(
        f"one.{name} IS NOT DISTINCT FROM two.{name}" for name in map(sql.identifier, stream.key)
    )
    columns = ", ".join(f"CAST(one.{sql.identifier(n)} AS VARCHAR)" for n in stream.key)
    return (
        f"SELECT {columns} FROM {one} AS one JOIN {two} AS two ON {same}"
        f" WHERE {differs or 'false'} ORDER BY {key and columns} LIMIT 1"
    )


def _shared_days(stream: Stream, one: str, two: str) -> str:
    """The first day of a scope that both have, and whether their rows of such days are the same."""
    told = [stream.load.date or "", stream.load.until or stream.load.date or "", *stream.load.scope]
    columns = ", ".join(f"CAST({sql.identifier(n)} AS VARCHAR)" for n in dict.fromkeys(told))
    rows = ", ".join(sql.identifier(column.name) for column in stream.columns)

    def meeting(mine: str) -> str:
        return f"SELECT {rows} FROM {mine} WHERE [{columns}] IN (SELECT told FROM shared)"

    return f"""
        WITH shared AS (
            SELECT [{columns}] AS told FROM {one} INTERSECT SELECT [{columns}] FROM {two}
        )
        SELECT min(told)[1], NOT EXISTS (
            ({meeting(one)} EXCEPT ALL {meeting(two)})
            UNION ALL ({meeting(two)} EXCEPT ALL {meeting(one)})
        ) FROM shared"""
