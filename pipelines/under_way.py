"""Exports that are being landed: several at a time, written down in order, held where doubtful.

Belongs here: what the ledger is told of one export. Does not belong here: which exports are to be
landed (`intake.py`), and what makes one doubtful (`land/doubts.py`).
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.accepted import OVERLAP, accepted_landings, current_landings
from pipelines.holds import accepted_codes
from pipelines.inbox import believed_ns
from pipelines.storage import remove

if TYPE_CHECKING:
    from pipelines.intake import Pipeline
    from pipelines.land import FileQuarantined, Landing
    from pipelines.land.confine import Confinement

LedgerEntry = tuple[str, str, dict[str, Any]]
Moment = tuple[str, datetime]
"""A landed table and a moment of export."""


@dataclass
class UnderWay:
    """Archived exports that are being landed, several at a time.

    They are written down in the order in which they began, each together with its `file_seen`.
    """

    pipeline: Pipeline
    confinement: Confinement
    results: list[Landing | FileQuarantined]
    waiting: deque[tuple[LedgerEntry, str, bool]] = field(default_factory=deque)
    _before: dict[str, list[Landing]] | None = None
    """By table, the accepted landings, those of this round last."""
    _touched: set[Moment] = field(default_factory=set)
    _lifted: dict[str, frozenset[str]] | None = None
    """By SHA-256, the holds that people have lifted."""

    def begin(self, entry: LedgerEntry, *, is_seen: bool = False) -> None:
        """Begin to land an export, when there is room for it."""
        from pipelines.land.confine import Job

        _, name, payload = entry
        job = Job(
            path=self.pipeline.settings.inbox / name,
            name=name,
            sha256=payload["sha256"],
            mtime_ns=believed_ns(payload),
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

    def compare(self) -> None:
        """Hold exports of one moment that say different things; once all of a round have landed."""
        from pipelines.land.doubts import contradictions

        pipeline = self.pipeline
        by_moment: dict[Moment, list[Landing]] = {}
        if self._touched:
            for landing in current_landings(pipeline.ledger, pipeline.streams):
                by_moment.setdefault((landing.table, landing.exported_at), []).append(landing)
        held = {
            event.subject
            for event in pipeline.ledger.events("landing_set_aside")
            if event.payload.get("code") == OVERLAP and event.payload["others"]
        }
        for table, moment in sorted(self._touched):
            landings = by_moment.get((table, moment), [])
            found = contradictions(pipeline.settings, pipeline.streams[table], landings)
            entries: list[LedgerEntry] = [
                _aside(each.landing, each.reason, each.others) for each in found
            ]
            doubtful = {each.landing.landing_id for each in found}
            entries += [
                _aside(landing, "no other export contradicts it any more", ())
                for landing in landings
                if landing.landing_id in held - doubtful
            ]
            for each in found:
                pipeline.tell("land", f"{each.landing.file} is held: {each.reason}")
            if entries:
                pipeline.ledger.append_many(entries)
        self._touched.clear()

    def _write_down(
        self, entry: LedgerEntry, result: Landing | FileQuarantined, is_seen: bool
    ) -> None:
        from pipelines.land import FileQuarantined

        if not isinstance(result, FileQuarantined):
            result = self._unless_doubtful(result)
        if isinstance(result, FileQuarantined):
            self.pipeline.tell("land", f"{result.file} is set aside: {result.code}")
            outcome = quarantine_entry(self.pipeline, result)
        else:
            outcome = ("landed", result.table, result.to_payload())
        self.pipeline.ledger.append_many([outcome] if is_seen else [entry, outcome])
        self.results.append(result)

    def _unless_doubtful(self, landing: Landing) -> Landing | FileQuarantined:
        from pipelines.land.doubts import doubt

        pipeline = self.pipeline
        if self._before is None or self._lifted is None:
            self._before, self._lifted = {}, accepted_codes(pipeline.ledger)
            for known in accepted_landings(pipeline.ledger, pipeline.streams):
                self._before.setdefault(known.table, []).append(known)
        before = self._before.setdefault(landing.table, [])
        lifted = self._lifted.get(landing.landing_id, frozenset())
        held = doubt(pipeline.streams[landing.table], landing, before, lifted)
        if held is not None:
            # Its bytes are in the archive; of rows that do not count, nothing is kept.
            remove(pipeline.settings.landed / landing.parquet)
            remove(pipeline.settings.quarantine / landing.parquet)
            return held
        if landing.status == "accepted":
            before.append(landing)
            self._touched.add((landing.table, landing.exported_at))
        return landing


def quarantine_entry(pipeline: Pipeline, result: FileQuarantined) -> LedgerEntry:
    """What the ledger is told of a file that was set aside whole."""
    digest = contracts_of(pipeline, result.source)
    return "file_quarantined", result.file, {**result.to_payload(), "contracts_digest": digest}


def contracts_of(pipeline: Pipeline, source: str) -> str:
    """Identity of all that a source's contracts say, or of which sources there are."""
    said = [stream.digest for stream in pipeline.streams.values() if stream.source == source]
    if not said:
        said = sorted({stream.source for stream in pipeline.streams.values()})
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _aside(landing: Landing, reason: str, others: tuple[str, ...]) -> LedgerEntry:
    said = {"reason": reason, "code": OVERLAP, "others": list(others)}
    return "landing_set_aside", landing.landing_id, said
