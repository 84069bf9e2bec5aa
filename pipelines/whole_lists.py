"""Whole lists (rule `snapshot`) that lack a part: of one moment of export, a file is set aside.

Such a list must not be taken for all there is: what only its missing part names would be gone.
Belongs here: which moments these are, and why. Does not belong here: why a file is set aside
(`land/`), and what a person's word lifts (`holds.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.inbox import believed_ns
from pipelines.ledger import Event, Ledger

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

PART_MISSING = "PART_MISSING"
Moment = tuple[str, datetime]
"""A landed table and a moment of export."""


def lists_lacking_a_part(
    ledger: Ledger,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    aside: Iterable[Landing],
    lifted: Mapping[str, frozenset[str]],
) -> dict[Moment, list[str]]:
    """By moment of a whole list of which something has landed: its files that are set aside.

    Args:
        ledger: which files never landed.
        streams: the contracts, by landed table.
        landings: all under today's contracts, each moment of the same bytes by itself.
        aside: those of them that do not count by themselves.
        lifted: by SHA-256 of a file, the holds that people have lifted.
    """
    lists = {table: stream for table, stream in streams.items() if stream.load.rule == "snapshot"}
    of_lists = [landing for landing in landings if landing.table in lists]
    if not of_lists:
        return {}
    there = {(landing.table, landing.exported_at) for landing in of_lists}
    filled = {(landing.table, landing.file, landing.exported_at) for landing in of_lists}
    lacking: dict[Moment, set[str]] = {}
    for landing in aside:
        if landing.table in lists:
            lacking.setdefault((landing.table, landing.exported_at), set()).add(landing.file)
    tables_of = _tables_by_name(landings)
    for event in _never_landed(ledger):
        file = str(event.payload["file"])
        for table in _lists_it_may_be_of(event, lists, tables_of):
            moment = _moment_of(ledger, lists[table], event)
            # The same name, read well, is the part: it is in force until another version can be.
            if moment and (table, moment) in there and (table, file, moment) not in filled:
                lacking.setdefault((table, moment), set()).add(file)
    for landing in of_lists:
        if PART_MISSING in lifted.get(landing.landing_id, ()):
            lacking.pop((landing.table, landing.exported_at), None)
    return {moment: sorted(files) for moment, files in lacking.items()}


def _never_landed(ledger: Ledger) -> Iterator[Event]:
    """The newest word on each version of a file that is set aside whole, and has not landed since.

    A version that was replaced long ago (REVERSION) is not missing.
    """
    newest: dict[tuple[str, str], Event] = {}
    for event in ledger.events("file_quarantined"):
        newest[event.subject, str(event.payload.get("landing_id") or "")] = event
    if not newest:
        return
    landed = {str(e.payload["landing_id"]): e.seq for e in ledger.events("landed")}
    for (_, landing_id), event in newest.items():
        if event.payload["code"] != "REVERSION" and landed.get(landing_id, -1) < event.seq:
            yield event


def _tables_by_name(landings: Iterable[Landing]) -> dict[tuple[str, str], set[str]]:
    """What files of such names were, of which only the numbers differ."""
    tables: dict[tuple[str, str], set[str]] = {}
    for landing in landings:
        tables.setdefault(_alike(landing.source, landing.file), set()).add(landing.table)
    return tables


def _alike(source: str, file: str) -> tuple[str, str]:
    return source, re.sub(r"\d+", "#", PurePosixPath(file).name.lower())


def _lists_it_may_be_of(
    event: Event, lists: Mapping[str, Stream], tables_of: Mapping[tuple[str, str], set[str]]
) -> set[str]:
    """The lists a file may be a part of: its own, those of files named so, or any of its source.

    Of a file that could not be opened nobody knows more than its name.
    """
    if table := event.payload.get("table"):
        return {str(table)} & lists.keys()
    source = str(event.payload.get("source") or "")
    if known := tables_of.get(_alike(source, str(event.payload["file"]))):
        return known & lists.keys()
    return {table for table, stream in lists.items() if stream.source == source}


def _moment_of(ledger: Ledger, stream: Stream, event: Event) -> datetime | None:
    """When a file that never landed was exported, as far as anything says it."""
    from pipelines.land.exported import by_its_time, exported_by_name

    said = event.payload
    if said.get("exported_at"):
        return datetime.fromisoformat(str(said["exported_at"]))
    if moment := exported_by_name(stream, str(said["file"])):
        return moment
    versions = [
        seen.payload
        for seen in ledger.events("file_seen", event.subject)
        if said.get("landing_id") and seen.payload.get("sha256") == said["landing_id"]
    ]
    if not versions:
        return None
    return by_its_time(believed_ns(versions[-1]))
