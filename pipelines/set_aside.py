"""What is set aside and not mended: whole files, whole landings, rows; and how much money it is.

Belongs here: reading it from the ledger and the quarantine's files, for the commands and for the
mart's own record. No value of a row is read here but its amounts: rows are `serve/aside.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from models.contract import Stream
from pipelines.accepted import current_landings, reasons_aside
from pipelines.holds import accepted_codes
from pipelines.ledger import Event, Ledger
from pipelines.set_aside_rows import (
    GONE,
    Money,
    Quarantined,
    add_up,
    read_quarantined,
    sum_landed,
)
from pipelines.settings import Settings
from pipelines.whole_lists import PART_MISSING

SET_ASIDE = "SET_ASIDE"
NOT_READ = "the file could not be read as rows"
REMEDY_LANDING = (
    "Mend the rows in the source and export again, or mend the contract or the suite; the export"
    " before it counts until then."
)
REMEDY_HELD = (
    "Export it again; or, if it is right, say so: `kpi quarantine accept` with its name and a"
    " --reason. What it contradicts does not count then."
)
REMEDY_PART = (
    "Mend the part that is set aside: the list counts once that has landed, under its own name. If"
    " that file is no part of it, say so: `kpi quarantine accept` with this file's name and a"
    " --reason."
)


@dataclass(frozen=True)
class SetAside:
    """One export of which something, or all, is in quarantine."""

    id: str
    """The first digits of its SHA-256; its name where nothing of it could be read."""
    what: Literal["file", "landing", "rows"]
    """Never landed; landed and set aside as a whole; landed without some rows."""
    file: str
    source: str
    table: str
    """The landed table; of a file that is of none the nearest."""
    landing_id: str
    at: datetime
    """When it was set aside."""
    codes: Mapping[str, int | None]
    """Rows by code; a row with two broken cells counts under each. None: rows were not read."""
    remedies: Mapping[str, str]
    rows: int | None
    rows_in_file: int | None
    reason: str
    remedy: str
    money: tuple[Money, ...] = ()
    money_unknown: str = ""
    """Why the money is not, or not all, known."""
    conserved: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None
    """By column and currency: what landed, what is in quarantine, what was skipped."""
    accepted: tuple[str, ...] = ()
    """Holds that a person has lifted."""
    expected: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    @property
    def code(self) -> str:
        """Of what is set aside as a whole, why; of rows, what most of them are."""
        if self.what != "rows":
            return next(iter(self.codes), "")
        return max(self.codes, key=lambda code: self.codes[code] or 0, default="")


def read_set_aside(
    settings: Settings, streams: Mapping[str, Stream], ledger: Ledger, code: str | None = None
) -> list[SetAside]:
    """Everything that no later export or contract has mended, newest first.

    Args:
        settings: where the quarantine is.
        streams: the contracts, by landed table.
        ledger: what happened.
        code: only what has this code; rows and money then are of the rows with it.
    """
    current = current_landings(ledger, streams)
    aside = reasons_aside(ledger, streams)
    newest = {(n.table, n.file, n.exported_at.isoformat()): n.landing_id for n in current}
    landed = [
        event
        for event in _newest_landings(ledger)
        # A version of a file that was written anew is mended by the newer one.
        if newest.get(
            (event.subject, str(event.payload["file"]), str(event.payload["exported_at"])),
            event.payload["landing_id"],
        )
        == event.payload["landing_id"]
    ]
    whole = [_file(event) for event in open_files(ledger)]
    parts = [_landing(e, *aside.get(str(e.payload["landing_id"]), ("", ""))) for e in landed]
    parquet = [f"{each.table}/{each.landing_id}.parquet" for each in parts]
    broken = read_quarantined(settings.quarantine, parquet, code)
    lost = [
        (each.table, name)
        for each, name in zip(parts, parquet, strict=True)
        if each.what == "landing" and (code is None or code in each.codes)
    ]
    sound = sum_landed(settings.landed, streams, lost)
    found = [
        _with_rows(each, broken.get(name, Quarantined()), sound.get(name, ()), code)
        for each, name in zip(parts, parquet, strict=True)
    ]
    accepted = accepted_codes(ledger)
    kept = [*whole, *(each for each in found if each.rows)]
    kept = [each for each in kept if code is None or code in each.codes]
    known = [
        replace(each, accepted=tuple(sorted(accepted.get(each.landing_id, ())))) for each in kept
    ]
    return sorted(known, key=lambda each: (each.at, each.file), reverse=True)


def open_files(ledger: Ledger) -> list[Event]:
    """Files set aside whole that have not landed since; the newest word on each name.

    A file that was moved or renamed, as people are told to, has landed under its new name.
    """
    landed: dict[str, int] = {}
    for event in ledger.events("landed"):
        landed[str(event.payload["file"])] = landed[str(event.payload["landing_id"])] = event.seq
    newest = {event.subject: event for event in ledger.events("file_quarantined")}

    def mended_by(event: Event) -> tuple[str, ...]:
        # A version that was replaced is not brought back by its bytes landing elsewhere.
        is_old = event.payload["code"] == "REVERSION"
        return (event.subject,) if is_old else (event.subject, str(event.payload["landing_id"]))

    return [
        event
        for _, event in sorted(newest.items())
        if all(landed.get(name, -1) < event.seq for name in mended_by(event))
    ]


def _newest_landings(ledger: Ledger) -> list[Event]:
    """The newest word on each landing: what moved to another table is no longer in the first."""
    newest: dict[str, Event] = {}
    for kind in ("landed", "file_quarantined"):
        for event in ledger.events(kind):
            key = str(event.payload["landing_id"])
            if key not in newest or newest[key].seq < event.seq:
                newest[key] = event
    return [event for event in newest.values() if event.kind == "landed"]


def _file(event: Event) -> SetAside:
    said = event.payload
    landing_id = str(said.get("landing_id") or "")
    code = str(said["code"])
    remedy = str(said.get("remedy") or "")
    return SetAside(
        id=landing_id[:12] or event.subject,
        what="file",
        file=event.subject,
        source=str(said.get("source") or ""),
        table=str(said.get("table") or ""),
        landing_id=landing_id,
        at=event.at,
        codes={code: None},
        remedies={code: remedy},
        rows=None,
        rows_in_file=None,
        reason=str(said.get("reason") or ""),
        remedy=remedy,
        money_unknown=NOT_READ,
        expected=str(said.get("expected") or ""),
        row=said.get("row"),
        column=str(said.get("column") or ""),
        value=str(said.get("value") or ""),
    )


def _landing(event: Event, code: str, reason: str) -> SetAside:
    """A landing by the ledger's word, and for which code and why it was set aside since, if so."""
    said = event.payload
    if said["status"] != "accepted":
        code, reason = "", str(said.get("reason") or "set aside")
    remedy = {"": REMEDY_LANDING, PART_MISSING: REMEDY_PART}.get(code, REMEDY_HELD)
    code = code or SET_ASIDE
    sound = int(said["rows_landed"]) if reason else 0
    landing_id = str(said["landing_id"])
    return SetAside(
        id=landing_id[:12],
        what="landing" if reason else "rows",
        file=str(said["file"]),
        source=str(said["source"]),
        table=event.subject,
        landing_id=landing_id,
        at=event.at,
        codes={code: sound} if reason else {},
        remedies={code: remedy} if reason else {},
        rows=int(said["rows_quarantined"]) + sound,
        rows_in_file=int(said["rows_in_file"]),
        reason=reason,
        remedy=remedy if reason else "",
        conserved=said.get("money") or None,
    )


def _with_rows(
    item: SetAside, broken: Quarantined, sound: Sequence[Money], code: str | None
) -> SetAside:
    """With what the quarantine's file says of its rows; of one code, if one is asked for."""
    codes = {**item.codes, **broken.codes}
    rows, unknown = item.rows, broken.money_unknown
    lost = sum(count or 0 for count in item.codes.values())
    if broken.rows is not None:
        rows = broken.rows + lost
    elif item.rows is not None and item.rows != lost:
        unknown = GONE
    if code is not None:
        codes = {name: count for name, count in codes.items() if name == code}
        rows = codes.get(code)
    return replace(
        item,
        codes=codes,
        rows=rows,
        remedies={**item.remedies, **broken.remedies},
        remedy=item.remedy or next(iter(broken.remedies.values()), ""),
        money=tuple(add_up([*broken.money, *sound])),
        money_unknown=unknown,
    )
