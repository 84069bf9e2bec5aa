"""Bytes that came before: whether they say something new, nothing, or bring an old state back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.accepted import accepted_landings
from pipelines.holds import accepted_codes

if TYPE_CHECKING:
    from models.contract import Stream
    from pipelines.intake import Pipeline
    from pipelines.land import FileQuarantined, Landing


def says_more(pipeline: Pipeline, name: str, sha256: str) -> bool:
    """Whether known bytes come under a name that says more: another date of export, or whose.

    A list that did not change since yesterday is the same bytes, and still says something new: that
    nothing has changed. Landed again, it is the newest word of its stream and covers today. An
    earlier date says something too: that it was so then; it may only have arrived later. A file
    that was put into its account's folder is of that account from now on.
    """
    from pipelines.land.exported import exported_by_name

    before_now = _landed_before(pipeline, sha256)
    for stream in pipeline.streams.values() if before_now else ():
        if not name.startswith(f"{stream.source}/"):
            continue
        landed = [each for each in before_now if each["table"] == stream.table]
        if not landed:
            continue
        moment = exported_by_name(stream, name)
        moments = {datetime.fromisoformat(str(each["exported_at"])) for each in landed}
        if moment and moment not in moments:
            return True
        before = str(landed[-1]["file"])
        told, known = _folder_tells(stream, name), _folder_tells(stream, before)
        # In two accounts' folders at a time, it is a copy: nobody says which of them is meant.
        is_copy = bool(known) and (pipeline.settings.inbox / before).exists()
        if told and told != known and not is_copy:
            return True
    return False


def _folder_tells(stream: Stream, name: str) -> str:
    """What the contract takes from the folder of a file of this name; empty: nothing."""
    from pipelines.land.bindings import folder_of, told_by_folder

    taken = [column.taken_from.folder for column in stream.columns if column.taken_from]
    said = [told_by_folder(which, folder_of(name)) for which in taken if which]
    return "\n".join(each or "" for each in said) if any(said) else ""


def came_to_nothing(pipeline: Pipeline, name: str, sha256: str) -> bool:
    """Whether known bytes have never landed so that their rows count.

    Under another name, in another folder, they may: a folder says in which order dates are written,
    a name of which day an export is; and to mend that is what people are told to do.
    """
    source = name.split("/", maxsplit=1)[0]
    return not any(
        landed["source"] == source and landed["status"] == "accepted"
        for landed in _landed_before(pipeline, sha256)
    )


def is_earlier(pipeline: Pipeline, name: str, sha256: str, believed_ns: int) -> bool:
    """Whether a copy's time of last change shows that known bytes were there before they came.

    Copying makes that time later, never earlier: they are of the earlier one, whichever of the
    copies arrives first (`accepted.py` lets the later one go).
    """
    from pipelines.land.exported import by_its_time, exported_by_name

    landed = _landing_of(pipeline, sha256)
    if landed is None or exported_by_name(pipeline.streams[landed.table], name):
        return False
    moments = [
        datetime.fromisoformat(str(each["exported_at"]))
        for each in _landed_before(pipeline, sha256)
        if each["table"] == landed.table
    ]
    return by_its_time(believed_ns) < min(moments)


def is_rewritten(pipeline: Pipeline, name: str, sha256: str) -> bool:
    """Whether the file of this name had these very bytes before, and was only written anew."""
    seen = pipeline.ledger.latest("file_seen", name)
    return seen is not None and seen.payload.get("sha256") == sha256


def reversion(pipeline: Pipeline, name: str, sha256: str, mtime_ns: int) -> FileQuarantined | None:
    """Whether known bytes would bring back what a newer export has replaced.

    That is so where the file of this name has had other bytes since, or where only its time of last
    change says when it was exported, a later one than before, and what it says no longer holds. A
    copy under a name with its date, or with its time, is no more than a copy.
    """
    from pipelines.land.doubts import reverted
    from pipelines.land.exported import exported_by_name

    landed = _landing_of(pipeline, sha256)
    if landed is None or "REVERSION" in accepted_codes(pipeline.ledger).get(sha256, ()):
        return None
    seen = pipeline.ledger.latest("file_seen", name)
    if seen is not None and seen.payload.get("sha256") != sha256:
        return reverted(landed, name)
    stream = pipeline.streams[landed.table]
    is_newer = exported_by_name(stream, name) is None and mtime_ns > landed.changed_ns
    if seen is None and is_newer and _is_replaced(pipeline, landed):
        return reverted(landed, name)
    return None


def _landed_before(pipeline: Pipeline, sha256: str) -> list[Mapping[str, Any]]:
    """What the ledger says of each time that these bytes landed, oldest first."""
    return [
        event.payload
        for event in pipeline.ledger.events("landed", mentioning=sha256)
        if event.payload["landing_id"] == sha256
    ]


def _landing_of(pipeline: Pipeline, sha256: str) -> Landing | None:
    from pipelines.land.landing import Landing

    payloads = [n for n in _landed_before(pipeline, sha256) if n["table"] in pipeline.streams]
    return Landing.from_payload(payloads[-1]) if payloads else None


def _is_replaced(pipeline: Pipeline, landing: Landing) -> bool:
    """Whether newer exports have replaced some of what a landing of a window or a list says."""
    from pipelines.land.restated import newest_export, still_holding

    landings = [
        known
        for known in accepted_landings(pipeline.ledger, pipeline.streams)
        if known.table == landing.table
    ]
    rule = pipeline.streams[landing.table].load.rule
    if rule == "snapshot":
        newest = {each.landing_id for each in newest_export(landings)}
        return bool(newest) and landing.landing_id not in newest
    if rule == "window":
        whole = {each.landing.landing_id for each in still_holding(landings) if each.is_whole}
        return landing.landing_id not in whole
    return False
