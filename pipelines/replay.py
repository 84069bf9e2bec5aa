"""What a person does about an export in quarantine: have it read again, or say that it is right.

Belongs here: both acts, and what the ledger is told of them. The caller holds the home's lock.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.holds import HOLDS
from pipelines.intake import Pipeline, land_again
from pipelines.ledger import Event
from pipelines.set_aside import SetAside

if TYPE_CHECKING:
    from pipelines.land import FileQuarantined, Landing


class CannotAccept(Exception):
    """A person's word does not help here; says why, and what does."""


@dataclass(frozen=True)
class Reading:
    """What became of an export at one reading."""

    status: str
    """landed, set_aside, or quarantined."""
    table: str
    code: str = ""
    reason: str = ""
    rows_landed: int | None = None
    rows_quarantined: int | None = None


@dataclass(frozen=True)
class Replay:
    """One export read again."""

    file: str
    landing_id: str
    before: Reading | None
    after: Reading

    @property
    def changed(self) -> bool:
        """Whether the second reading says something else."""
        return self.before != self.after


def replay(pipeline: Pipeline, exports: Sequence[SetAside]) -> list[Replay]:
    """Read exports again from the archive; the ledger is told who asked, and what came of it.

    Raises:
        pipelines.intake.NeverArchived: of one of them nothing is in the archive.
        pipelines.archive.ArchiveDamaged: its bytes are gone or damaged.
    """
    return [_replay(pipeline, each.file, each.landing_id) for each in exports]


def accept(pipeline: Pipeline, export: SetAside, reason: str) -> Replay:
    """Take a person's word that a held export is right, and read it again without that hold.

    Raises:
        CannotAccept: the export is not held, or no reason is given.
    """
    refuse_what_is_not_held(export)
    if not reason.strip():
        raise CannotAccept(
            "Say with --reason how you know that it is right: who looks at the figures later reads"
            " it. Nothing was accepted."
        )
    said = {
        "sha256": export.landing_id,
        "code": export.code,
        "reason": reason.strip(),
        "who": who(),
    }
    pipeline.ledger.append("accepted", export.file, said)
    return _replay(pipeline, export.file, export.landing_id)


def refuse_what_is_not_held(export: SetAside) -> None:
    """Refuse a person's word where the export cannot be read, whoever says that it is right.

    Raises:
        CannotAccept: with what helps instead.
    """
    if export.what != "rows" and export.code in HOLDS:
        return
    holds = ", ".join(HOLDS)
    if export.what == "file":
        why = f"was refused for {export.code}: it cannot be read as it is, whoever says it is right"
    elif export.what == "landing":
        why = "is set aside as a whole, because too much of it breaks what was agreed"
    else:
        why = "has landed but for the rows that cannot be read; nobody's word gives them values"
    remedy = f" {export.remedy}" if export.remedy else ""
    raise CannotAccept(
        f"{export.file} {why}. Only held files can be accepted ({holds}).{remedy} Then"
        " `kpi quarantine replay` reads it again."
    )


def who() -> str:
    """The person at the keyboard, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # An account without a name, as in a container.
        return f"uid {os.getuid()}"


def _replay(pipeline: Pipeline, name: str, landing_id: str) -> Replay:
    before = _before(pipeline, name, landing_id)
    done = Replay(name, landing_id, before, _after(land_again(pipeline, name, landing_id)))
    said = {"landing_id": landing_id, "who": who()}
    for when, reading in (("before", done.before), ("after", done.after)):
        said |= (
            {f"{when}_{part}": value for part, value in vars(reading).items()} if reading else {}
        )
    pipeline.ledger.append("replayed", name, said)
    return done


def _before(pipeline: Pipeline, name: str, landing_id: str) -> Reading | None:
    events: list[Event] = [
        event
        for kind in ("landed", "file_quarantined")
        for event in pipeline.ledger.events(kind)
        if event.payload["file"] == name and event.payload["landing_id"] == landing_id
    ]
    if not events:
        return None
    newest = max(events, key=lambda event: event.seq)
    said: dict[str, Any] = newest.payload
    if newest.kind == "landed":
        return _landed(newest.subject, said)
    return Reading("quarantined", str(said.get("table") or ""), said["code"], said["reason"])


def _after(result: Landing | FileQuarantined) -> Reading:
    from pipelines.land import FileQuarantined

    if isinstance(result, FileQuarantined):
        return Reading("quarantined", result.table, result.code, result.reason)
    return _landed(result.table, vars(result))


def _landed(table: str, said: dict[str, Any]) -> Reading:
    return Reading(
        "landed" if said["status"] == "accepted" else "set_aside",
        table,
        reason=str(said.get("reason") or ""),
        rows_landed=said["rows_landed"],
        rows_quarantined=said["rows_quarantined"],
    )
