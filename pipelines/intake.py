"""Steps 1 and 2 together: from what the inbox shows to what the ledger says landed.

Belongs here: which exports are taken in, in what order they are written down, and which landings
count. Does not belong here: looking into the inbox (`inbox.py`) and reading an export (`land/`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.archive import FileChanged, NotARegularFile, archive_file
from pipelines.fetch.fetching import look_at_inbox
from pipelines.inbox import STILL_WRITTEN, Export, Notice, Problem, Unsettled
from pipelines.ledger import Event, Ledger
from pipelines.set_aside import refused_by_suites
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land import FileQuarantined, Landing
    from pipelines.land.confine import Confinement

Tell = Callable[[str, str], None]
LedgerEntry = tuple[str, str, dict[str, Any]]


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
    first_name = {
        (event.payload["source"], event.payload["sha256"]): event.subject
        for event in reversed(pipeline.ledger.events("file_seen"))
    }
    with Confinement(pipeline.settings, pipeline.streams) as confinement:
        under_way = _UnderWay(pipeline, confinement, results)
        for number, export in enumerate(seen.new, start=1):
            pipeline.tell("land", f"{number}/{len(seen.new)} {export.name}")
            try:
                sha256 = archive_file(export.path, pipeline.settings.archive).sha256
            except FileChanged:
                unsettled.append(Unsettled(export.path, export.name, STILL_WRITTEN))
                continue
            except (NotARegularFile, PermissionError) as error:
                under_way.settle()
                results.append(_set_problem_aside(pipeline, _unreadable(export, error)))
                continue
            entry = ("file_seen", export.name, _seen(export, sha256))
            known_as = first_name.setdefault((export.source, sha256), export.name)
            if known_as != export.name:
                under_way.settle()
            if known_as != export.name and not _says_more(pipeline, export.name, sha256):
                pipeline.ledger.append_many([entry])
                duplicates.append(export.name)
            else:
                under_way.begin(entry)
        # Which ones are to be landed again is known when all of these have landed.
        under_way.settle()
        for entry in to_land_again(pipeline):
            pipeline.tell("land", f"again, its contract was changed: {entry[1]}")
            under_way.begin(entry, is_seen=True)
        under_way.settle()
    return Landed(
        landings=tuple(r for r in results if not isinstance(r, FileQuarantined)),
        quarantined=tuple(r for r in results if isinstance(r, FileQuarantined)),
        duplicates=tuple(duplicates),
        unsettled=tuple(unsettled),
    )


def accepted_landings(pipeline: Pipeline) -> list[Landing]:
    """The landings that figures are computed from: read under today's contract, not set aside."""
    from pipelines.land import Landing

    aside = refused_by_suites(pipeline.ledger)
    newest = {
        (event.subject, event.payload["landing_id"]): Landing.from_payload(event.payload)
        for event in pipeline.ledger.events("landed")
    }
    return [
        landing
        for landing in newest.values()
        if landing.status == "accepted"
        and (landing.landing_id, landing.contract_digest) not in aside
        and landing.table in pipeline.streams
        and landing.contract_digest == pipeline.streams[landing.table].digest
    ]


@dataclass
class _UnderWay:
    """Archived exports that are being landed, several at a time.

    They are written down in the order in which they began, each together with its `file_seen`.
    """

    pipeline: Pipeline
    confinement: Confinement
    results: list[Landing | FileQuarantined]
    waiting: deque[tuple[LedgerEntry, str, bool]] = field(default_factory=deque)

    def begin(self, entry: LedgerEntry, *, is_seen: bool = False) -> None:
        """Begin to land an export, when there is room for it."""
        from pipelines.land.confine import Job

        _, name, payload = entry
        job = Job(
            path=self.pipeline.settings.inbox / name,
            name=name,
            sha256=payload["sha256"],
            mtime_ns=payload["mtime_ns"],
            size=payload["size"],
        )
        # The same bytes twice at a time would be the same file twice.
        twin = any(payload["sha256"] == other["sha256"] for (_, _, other), _, _ in self.waiting)
        self.settle(0 if twin else self.confinement.at_once(job) - 1)
        self.waiting.append((entry, self.confinement.submit(job), is_seen))
        if self.confinement.at_once(job) == 1:
            self.settle()

    def settle(self, rest: int = 0) -> None:
        """Write down what came of the exports, oldest first, until so many are under way."""
        while len(self.waiting) > rest:
            entry, ticket, is_seen = self.waiting.popleft()
            self._write_down(entry, self.confinement.result(ticket), is_seen)

    def _write_down(
        self, entry: LedgerEntry, result: Landing | FileQuarantined, is_seen: bool
    ) -> None:
        from pipelines.land import FileQuarantined

        if isinstance(result, FileQuarantined):
            self.pipeline.tell("land", f"{result.file} is set aside: {result.code}")
            outcome = _quarantine_entry(self.pipeline, result)
        else:
            outcome = ("landed", result.table, result.to_payload())
        self.pipeline.ledger.append_many([outcome] if is_seen else [entry, outcome])
        self.results.append(result)


def _says_more(pipeline: Pipeline, name: str, sha256: str) -> bool:
    """Whether known bytes come under a name with a later date of export.

    A list that did not change since yesterday is the same bytes, and still says something new: that
    nothing has changed. Landed again, it is the newest word of its stream and covers today.
    """
    from pipelines.land.exported import exported_by_name

    for stream in pipeline.streams.values():
        if name.startswith(f"{stream.source}/"):
            moment = exported_by_name(stream, name)
            landed = [
                str(event.payload["exported_at"])
                for event in pipeline.ledger.events("landed", stream.table)
                if event.payload["landing_id"] == sha256
            ]
            if moment and landed and moment > datetime.fromisoformat(landed[-1]):
                return True
    return False


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
    entries = [_quarantine_entry(pipeline, result)]
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
    """Exports in the archive that were read under a contract that has changed since.

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
    again: list[LedgerEntry] = []
    for version, event in sorted(newest.items()):
        if version not in seen:
            continue
        if event.kind == "landed":
            stream = pipeline.streams.get(event.subject)
            changed = stream is None or event.payload["contract_digest"] != stream.digest
        else:
            known = _contracts_of(pipeline, str(event.payload["source"]))
            changed = event.payload["contracts_digest"] != known
        if changed:
            again.append(("file_seen", version[0], seen[version]))
    return again


def land_again(pipeline: Pipeline, name: str, sha256: str) -> Landing | FileQuarantined:
    """Land once more from the archive what came under a name, and say so in the ledger.

    Raises:
        NeverArchived: no such bytes came under that name.
        pipelines.archive.ArchiveDamaged: they are gone or damaged.
    """
    seen = [e for e in pipeline.ledger.events("file_seen", name) if e.payload["sha256"] == sha256]
    if not sha256 or not seen:
        raise NeverArchived(
            f"{name} was never read, so that nothing of it is in the archive. Put it right in the"
            " inbox, and `kpi run` takes it."
        )
    from pipelines.land.confine import Confinement

    results: list[Landing | FileQuarantined] = []
    with Confinement(pipeline.settings, pipeline.streams) as confinement:
        under_way = _UnderWay(pipeline, confinement, results)
        under_way.begin(("file_seen", name, seen[-1].payload), is_seen=True)
        under_way.settle()
    return results[0]


def _quarantine_entry(pipeline: Pipeline, result: FileQuarantined) -> LedgerEntry:
    digest = _contracts_of(pipeline, result.source)
    return "file_quarantined", result.file, {**result.to_payload(), "contracts_digest": digest}


def _contracts_of(pipeline: Pipeline, source: str) -> str:
    """Identity of all that a source's contracts say, or of which sources there are."""
    said = [stream.digest for stream in pipeline.streams.values() if stream.source == source]
    if not said:
        said = sorted({stream.source for stream in pipeline.streams.values()})
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _seen(file: Export | Problem, sha256: str) -> dict[str, Any]:
    return {
        "source": file.source,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "sha256": sha256,
    }
