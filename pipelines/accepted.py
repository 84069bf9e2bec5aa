"""Which landings figures are computed from, by what the ledger says of all of them.

Belongs here: versions of one name, the suites' and people's word on a landing. Does not belong
here: which rows of an accepted landing count (`land/load_rules.py`), and landing (`intake.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from models.contract import Stream
from pipelines.holds import accepted_codes
from pipelines.inbox import believed_ns
from pipelines.ledger import Ledger
from pipelines.whole_lists import PART_MISSING, Moment, lists_lacking_a_part

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

OVERLAP = "OVERLAP"


def accepted_landings(ledger: Ledger, streams: Mapping[str, Stream]) -> list[Landing]:
    """Read under today's contract, not replaced by a newer version of the file, not set aside."""
    from pipelines.land.restated import by_age

    moments = _each_moment(ledger, streams)
    aside = _words_against(ledger, moments)
    lacking = _lacking_a_part(ledger, streams, moments, aside)
    return by_age(
        landing
        for landing in moments
        if landing.status == "accepted"
        and landing.landing_id not in aside
        and (landing.table, landing.exported_at) not in lacking
    )


def current_landings(ledger: Ledger, streams: Mapping[str, Stream]) -> list[Landing]:
    """All landings under today's contracts, without file versions that a newer one replaced."""
    from pipelines.land.restated import by_age

    return by_age(_each_moment(ledger, streams))


def _each_moment(ledger: Ledger, streams: Mapping[str, Stream]) -> list[Landing]:
    """As `current_landings`; the same bytes once for each file and moment at which they came."""
    from pipelines.land.landing import Landing

    first_landed: dict[str, int] = {}
    written: dict[str, datetime] = {}
    landed = []
    for event in ledger.events("landed"):
        first_landed.setdefault(str(event.payload["landing_id"]), event.seq)
        stream = streams.get(event.subject)
        if stream is not None and event.payload["contract_digest"] == stream.digest:
            landed.append(Landing.from_payload(event.payload))
            written[landed[-1].parquet] = landed[-1].exported_at
    # Versions first: bytes that were written over under one name still count under another.
    versions = _newest_versions(landed, first_landed)
    return [
        replace(landing, is_moved=written[landing.parquet] != landing.exported_at)
        for landing in _without_later_copies(ledger, streams, versions)
    ]


def _without_later_copies(
    ledger: Ledger, streams: Mapping[str, Stream], landings: Sequence[Landing]
) -> list[Landing]:
    """Of bytes in several places, without those of which only a later time of change tells.

    Copying makes that time later: it says nothing of the export. A date of its own says something,
    and so does a file that is written anew under its name, or a person's word (REVERSION).
    """
    places: dict[tuple[str, str], list[Landing]] = {}
    for landing in landings:
        places.setdefault((landing.table, landing.landing_id), []).append(landing)
    first = {name: min(n.exported_at for n in found) for name, found in places.items()}
    believed = {
        (event.subject, str(event.payload["sha256"]))
        for event in (ledger.events("accepted") if len(places) < len(landings) else ())
        if event.payload["code"] == "REVERSION"
    }

    @functools.cache
    def first_seen(file: str) -> dict[str, int]:
        versions = [event.payload for event in ledger.events("file_seen", file)]
        newest_first = sorted(versions, key=believed_ns, reverse=True)
        return {str(each.get("sha256")): believed_ns(each) for each in newest_first}

    return [
        landing
        for landing in landings
        if landing.exported_at == first[landing.table, landing.landing_id]
        or not is_of_its_time(streams[landing.table], landing)
        or (landing.file, landing.landing_id) in believed
        or first_seen(landing.file).get(landing.landing_id, landing.changed_ns) < landing.changed_ns
    ]


def is_of_its_time(stream: Stream, landing: Landing) -> bool:
    """Neither its name nor its content says when it was exported: its time of change does."""
    from pipelines.land.exported import by_its_time, exported_by_name

    by_time = landing.exported_at == by_its_time(landing.changed_ns)
    return by_time and exported_by_name(stream, landing.file) is None


def _newest_versions(landings: Iterable[Landing], first_landed: Mapping[str, int]) -> list[Landing]:
    """Of the versions of one file with one date of export, the one that was written last.

    A file whose name says the day, and that was corrected on that day under the same name, is of
    the same moment as before: the correction replaces it whole. Where the time of writing is the
    same too, it came later.
    """

    def written(landing: Landing) -> tuple[int, int]:
        return landing.changed_ns, first_landed[landing.landing_id]

    newest: dict[tuple[object, ...], Landing] = {}
    for landing in landings:
        slot = (landing.table, landing.file, landing.exported_at)
        if slot not in newest or written(newest[slot]) <= written(landing):
            # The latest reading last: of the same bytes in two places it holds.
            newest.pop(slot, None)
            newest[slot] = landing
    return list(newest.values())


def reasons_aside(ledger: Ledger, streams: Mapping[str, Stream]) -> dict[str, tuple[str, str]]:
    """By landing: the code and the reason for which it is set aside; the code is empty for a suite.

    A list of which a part is set aside is so as a whole, unless its rows are those of another
    moment, too.
    """
    moments = _each_moment(ledger, streams)
    aside = _words_against(ledger, moments)
    lacking = _lacking_a_part(ledger, streams, moments, aside)
    found = dict(aside)
    if not lacking:
        return found
    counting = {
        (landing.table, landing.landing_id)
        for landing in moments
        if (landing.table, landing.exported_at) not in lacking
    }
    for landing in moments:
        files = lacking.get((landing.table, landing.exported_at))
        if files and (landing.table, landing.landing_id) not in counting:
            reason = (
                f"the list of {landing.exported_at:%Y-%m-%d %H:%M} is not whole without"
                f" {', '.join(files[:3])}, which is set aside; the whole list before it stays"
            )
            found.setdefault(landing.landing_id, (PART_MISSING, reason))
    return found


def _lacking_a_part(
    ledger: Ledger,
    streams: Mapping[str, Stream],
    moments: Sequence[Landing],
    aside: Mapping[str, tuple[str, str]],
) -> dict[Moment, list[str]]:
    """The moments of whole lists of which a part is set aside, with its files."""
    lifted = accepted_codes(ledger)
    # Where a person said which of two is right, the other one is not missed.
    outvoted = {
        event.subject
        for event in ledger.events("landing_set_aside")
        if event.payload.get("code") == OVERLAP
        and any(OVERLAP in lifted.get(other, ()) for other in event.payload["others"])
    }
    # Nor are bytes that count under another name, to which they were moved.
    counting = {n.landing_id for n in moments if n.status == "accepted"} - aside.keys()
    not_missed = counting | {n for n in outvoted if aside.get(n, ("", ""))[0] == OVERLAP}
    missed = [landing for landing in moments if landing.landing_id not in not_missed]
    return lists_lacking_a_part(ledger, streams, moments, missed, lifted)


def _words_against(ledger: Ledger, landings: Sequence[Landing]) -> dict[str, tuple[str, str]]:
    """By landing: why it is set aside by itself, by its suite or by one that contradicts it.

    A contradiction holds while the other export is there, and nobody has said which of them is
    right.
    """
    there = {landing.landing_id: landing.contract_digest for landing in landings}
    lifted = accepted_codes(ledger)
    overlaps: dict[str, tuple[str, str]] = {}
    found: dict[str, tuple[str, str]] = {}
    read_under: dict[str, str] = {}
    events = [*ledger.events("landed"), *ledger.events("landing_set_aside")]
    for event in sorted(events, key=lambda event: event.seq):
        if event.kind == "landed":
            read_under[event.payload["landing_id"]] = str(event.payload["contract_digest"])
            continue
        reason, code = str(event.payload.get("reason") or ""), event.payload.get("code")
        if event.payload.get("withdrawn"):
            found.pop(event.subject, None)
        elif code != OVERLAP:
            # Read under a mended contract, an export has other rows: its suite is asked anew.
            if there.get(event.subject) == read_under.get(event.subject):
                found[event.subject] = ("", reason or "its suite failed")
        elif there.keys() & set(event.payload["others"]):
            overlaps[event.subject] = (OVERLAP, reason)
        else:
            overlaps.pop(event.subject, None)
    for landing_id, said in overlaps.items():
        if OVERLAP not in lifted.get(landing_id, ()):
            found.setdefault(landing_id, said)
    return found
