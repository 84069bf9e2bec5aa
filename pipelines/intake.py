"""Steps 1 and 2 together: from what the inbox shows to what the ledger says landed.

Belongs here: which exports are taken in, in what order they are written down, and which landings
count. Does not belong here: looking into the inbox (`inbox.py`) and reading an export (`land/`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines import accepted
from pipelines.archive import FileChanged, NotARegularFile, archive_file
from pipelines.fetch.fetching import look_at_inbox
from pipelines.inbox import (
    REMOVED,
    STILL_WRITTEN,
    Export,
    Notice,
    Problem,
    Unsettled,
    believed_ns,
)
from pipelines.known_bytes import came_to_nothing, is_earlier, is_rewritten, reversion, says_more
from pipelines.ledger import Event, Ledger
from pipelines.settings import Settings
from pipelines.under_way import LedgerEntry, UnderWay, contracts_of, quarantine_entry

if TYPE_CHECKING:
    from pipelines.land import FileQuarantined, Landing

Tell = Callable[[str, str], None]
A_DAY_NS = 24 * 3600 * 1_000_000_000
FIRST_BELIEVED_NS = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000


def say_nothing(step: str, text: str) -> None:
    """The listener of whoever does not want progress."""


@dataclass(frozen=True)
class Pipeline:
    """What every step needs: settings, contracts, the ledger, and somebody to tell of progress."""

    settings: Settings
    streams: Mapping[str, Stream]
    ledger: Ledger
    tell: Tell = say_nothing


@dataclass(frozen=True)
class Landed:
    """What one look at the inbox brought."""

    landings: tuple[Landing, ...] = ()
    quarantined: tuple[FileQuarantined, ...] = ()
    duplicates: tuple[str, ...] = ()
    """Names under which bytes came that had landed before."""
    unsettled: tuple[Unsettled, ...] = ()
    """Files that are not whole yet, or are named so, left for the next look."""


class NeverArchived(Exception):
    """There are no bytes that could be landed again."""


def land(pipeline: Pipeline, seen: Notice | None = None) -> Landed:
    """Take in every settled export that is new, and again what a mended contract may now read.

    Args:
        pipeline: settings, contracts and ledger.
        seen: what is in the inbox, where somebody has looked already.
    """
    from pipelines.land import FileQuarantined
    from pipelines.land.confine import Confinement

    seen = seen or look_at_inbox(pipeline.settings, pipeline.ledger, pipeline.tell)
    results: list[Landing | FileQuarantined] = [
        _set_problem_aside(pipeline, problem) for problem in seen.problems
    ]
    duplicates: list[str] = []
    unsettled = list(seen.unsettled)
    known = {
        (event.payload["source"], event.payload["sha256"])
        for event in pipeline.ledger.events("file_seen")
    }
    with Confinement(pipeline.settings, pipeline.streams) as confinement:
        under_way = UnderWay(pipeline, confinement, results)
        for number, export in enumerate(seen.new, start=1):
            pipeline.tell("land", f"{number}/{len(seen.new)} {export.name}")
            try:
                root = export.path.parents[len(PurePosixPath(export.name).parts) - 1]
                sha256 = archive_file(export.path, pipeline.settings.archive, root).sha256
            except FileChanged:
                unsettled.append(Unsettled(export.path, export.name, STILL_WRITTEN))
                continue
            except FileNotFoundError:
                if export.path.exists():
                    raise  # It is the archive that lacks something.
                unsettled.append(Unsettled(export.path, export.name, REMOVED))
                continue
            except (NotARegularFile, PermissionError) as error:
                under_way.settle()
                results.append(_set_problem_aside(pipeline, _unreadable(export, error)))
                continue
            entry = ("file_seen", export.name, _seen(export, sha256))
            is_known = (export.source, sha256) in known
            known.add((export.source, sha256))
            if is_known:
                under_way.settle()
            if (
                not is_known
                or says_more(pipeline, export.name, sha256)
                or came_to_nothing(pipeline, export.name, sha256)
            ):
                under_way.begin(entry)
            elif held := reversion(pipeline, export.name, sha256, export.mtime_ns):
                pipeline.ledger.append_many([entry, quarantine_entry(pipeline, held)])
                results.append(held)
            elif is_rewritten(pipeline, export.name, sha256) or is_earlier(
                pipeline, export.name, sha256, believed_ns(entry[2])
            ):
                under_way.begin(entry)
            else:
                pipeline.ledger.append_many([entry])
                duplicates.append(export.name)
        # Which ones are to be landed again is known when all of these have landed.
        under_way.settle()
        for entry in to_land_again(pipeline):
            pipeline.tell(
                "land", f"again, as its contract was changed or its rows lost: {entry[1]}"
            )
            under_way.begin(entry, is_seen=True)
        under_way.settle()
        under_way.compare()
    return Landed(
        landings=tuple(r for r in results if not isinstance(r, FileQuarantined)),
        quarantined=tuple(r for r in results if isinstance(r, FileQuarantined)),
        duplicates=tuple(duplicates),
        unsettled=tuple(unsettled),
    )


def accepted_landings(pipeline: Pipeline) -> list[Landing]:
    """The landings that figures are computed from."""
    return accepted.accepted_landings(pipeline.ledger, pipeline.streams)


def _set_problem_aside(pipeline: Pipeline, problem: Problem) -> FileQuarantined:
    """Write down what lies in the inbox and can't be landed; nothing of it is opened."""
    from pipelines.land import FileQuarantined

    result = FileQuarantined(
        landing_id="",
        file=problem.name,
        size=problem.size,
        source=problem.source,
        code=problem.code,
        reason=problem.reason,
        remedy="Put a regular file that this program may read into inbox/<source>/.",
    )
    entries = [quarantine_entry(pipeline, result)]
    # What cannot be read today may be tomorrow: only lasting problems count as seen.
    if problem.code != "UNREADABLE":
        entries.insert(0, ("file_seen", problem.name, _seen(problem, "")))
    pipeline.ledger.append_many(entries)
    return result


def _unreadable(export: Export, error: Exception) -> Problem:
    """An export that was a readable file when it was noticed, and is not any more."""
    return Problem(
        export.path,
        export.name,
        "UNREADABLE",
        str(error),
        size=export.size,
        mtime_ns=export.mtime_ns,
        source=export.source,
    )


def to_land_again(pipeline: Pipeline) -> list[LedgerEntry]:
    """Exports in the archive that were read under a contract that has changed since, or lost rows.

    Each version of a name is one of its own: a file that is overwritten every day has many, and
    the rows of all of them count.
    """
    seen = {
        (event.subject, str(event.payload["sha256"])): event.payload
        for event in pipeline.ledger.events("file_seen")
        if event.payload.get("sha256")
    }
    newest: dict[tuple[str, str], Event] = {}
    for kind in ("landed", "file_quarantined"):
        for event in pipeline.ledger.events(kind):
            version = (str(event.payload["file"]), str(event.payload["landing_id"]))
            if version not in newest or newest[version].seq < event.seq:
                newest[version] = event
    # What an earlier reading of the same bytes had written, a later one has written over.
    last = {str(e.payload["parquet"]): e.seq for e in pipeline.ledger.events("landed")}
    again: list[LedgerEntry] = []
    # In the order in which they came: of the same bytes in two places, the later reading holds.
    for version, event in sorted(newest.items(), key=lambda known: known[1].seq):
        if version not in seen:
            continue
        if event.kind == "landed":
            stream = pipeline.streams.get(event.subject)
            changed = (
                stream is None
                or event.payload["contract_digest"] != stream.digest
                or (
                    event.seq == last[str(event.payload["parquet"])]
                    and not _rows_are_there(pipeline, event.payload)
                )
            )
        else:
            known = contracts_of(pipeline, str(event.payload["source"]))
            changed = event.payload["contracts_digest"] != known
        if changed:
            again.append(("file_seen", version[0], seen[version]))
    return again


def _rows_are_there(pipeline: Pipeline, landed: Mapping[str, Any]) -> bool:
    """Whether nobody has removed the rows of a landing, such as damaged ones."""
    folders = [pipeline.settings.landed]
    folders += [pipeline.settings.quarantine] if landed["rows_quarantined"] else []
    return all((folder / str(landed["parquet"])).is_file() for folder in folders)


def land_again(pipeline: Pipeline, name: str, sha256: str) -> Landing | FileQuarantined:
    """Land once more from the archive what came under a name, and say so in the ledger.

    Raises:
        NeverArchived: no such bytes came under that name.
        pipelines.archive.ArchiveDamaged: they are gone or damaged.
    """
    from pipelines.land.confine import Confinement

    seen = [e for e in pipeline.ledger.events("file_seen", name) if e.payload["sha256"] == sha256]
    if not sha256 or not seen:
        raise NeverArchived(
            f"{name} was never read, so that nothing of it is in the archive. Put it right in the"
            " inbox, and `kpi run` takes it."
        )
    results: list[Landing | FileQuarantined] = []
    with Confinement(pipeline.settings, pipeline.streams) as confinement:
        under_way = UnderWay(pipeline, confinement, results)
        under_way.begin(("file_seen", name, seen[-1].payload), is_seen=True)
        under_way.settle()
        under_way.compare()
    return results[0]


def _seen(file: Export | Problem, sha256: str) -> dict[str, Any]:
    """What the ledger keeps of a file; one with an impossible time is of when it was first seen."""
    said = {
        "source": file.source,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "sha256": sha256,
    }
    now = time.time_ns()
    if not FIRST_BELIEVED_NS <= file.mtime_ns <= now + A_DAY_NS:
        said["believed_ns"] = now
    return said
