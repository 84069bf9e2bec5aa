"""The state of the house: which release is served, how fresh its sources, what is set aside.

Read from the ledger and the release's own files alone, so that it answers at once and also while a
run is at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Literal

from models.contract import Stream, load_contracts
from pipelines.ledger import Event, Ledger
from pipelines.serve.mart import NoRelease, age_hours
from pipelines.set_aside import open_files
from pipelines.settings import Settings

Freshness = Literal["fresh", "late", "stale", "never"]


@dataclass(frozen=True)
class SourceState:
    """How fresh one stream is; `hours` counts from its newest export."""

    table: str
    family: str
    owner: str
    newest_export: str | None
    hours: int | None
    freshness: Freshness
    landings: int
    rows_landed: int
    rows_quarantined: int
    rows_skipped: int


@dataclass(frozen=True)
class MoneyAside:
    """The column whose money is in quarantine to the largest part."""

    table: str
    column: str
    currency: str
    quarantined: Decimal
    in_file: Decimal
    share: Decimal


@dataclass(frozen=True)
class State:
    """What `kpi status` says."""

    home: Path
    release: int | None
    run_id: str | None
    published_at: str | None
    age_hours: int | None
    held: bool
    held_reasons: tuple[str, ...]
    sources: tuple[SourceState, ...]
    files_in_quarantine: int
    rows_in_quarantine: int
    rows_of_data: int
    """All rows of the exports that are data: those in quarantine and the landed ones."""
    money_in_quarantine: MoneyAside | None
    """None: no amount that can be read is in quarantine."""

    @property
    def is_stale(self) -> bool:
        """Whether a source that has been delivering is older than its contract allows."""
        return any(source.freshness == "stale" for source in self.sources)


def read_state(settings: Settings, now: datetime | None = None) -> State:
    """What is served here, and what stands in the way of serving something newer.

    Ages count to now; with `KPI_AS_OF` on another day, to the beginning of that day.
    """
    now = now or look_from(settings)
    ledger = Ledger(settings.ledger_url)
    streams = load_contracts(settings.project / "models" / "contracts")
    landed = ledger.events("landed")
    served = ledger.latest_of(("released", "rolled_back"))
    verdict = ledger.latest("verdict")
    number = int(served.payload["release"]) if served else None
    made = next(
        (e for e in reversed(ledger.events("released")) if e.payload["release"] == number), None
    )
    released_last = ledger.latest("released")
    held = verdict is not None and verdict.payload["decision"] != "release"
    if held and verdict and released_last and released_last.seq > verdict.seq:
        held = False
    sources = tuple(source_state(stream, landed, now) for stream in streams.values())
    return State(
        home=settings.home,
        release=number,
        run_id=str(made.payload["run_id"]) if made else None,
        published_at=made.at.isoformat() if made else None,
        age_hours=age_hours(made.at.isoformat()) if made else None,
        held=held,
        held_reasons=tuple(verdict.payload.get("reasons", ())) if held and verdict else (),
        sources=tuple(source for source in sources if source.landings),
        files_in_quarantine=len(open_files(ledger)),
        rows_in_quarantine=sum(source.rows_quarantined for source in sources),
        rows_of_data=sum(source.rows_quarantined + source.rows_landed for source in sources),
        money_in_quarantine=_worst_money(landed),
    )


def newest_verdict(settings: Settings) -> Path:
    """The verdict of the last run, released or held.

    Raises:
        NoRelease: there was no run yet.
    """
    verdict = Ledger(settings.ledger_url).latest("verdict")
    if verdict is None:
        raise NoRelease(settings.home)
    return settings.runs / verdict.subject / "verdict.json"


def look_from(settings: Settings) -> datetime:
    """The moment to which ages count."""
    now = datetime.now(UTC)
    if abs((now.date() - settings.as_of).days) <= 1:
        return now
    return datetime.combine(settings.as_of, time(), UTC)


def _worst_money(landed: list[Event]) -> MoneyAside | None:
    """Sums of several columns or currencies say nothing, so the one with the largest share."""
    newest = {(event.subject, event.payload["landing_id"]): event.payload for event in landed}
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for (table, _), payload in newest.items():
        for column, currencies in (payload.get("money") or {}).items():
            for currency, fates in currencies.items():
                parts = sums.setdefault((table, column, currency), [Decimal(0), Decimal(0)])
                parts[0] += Decimal(fates["quarantined"])
                parts[1] += Decimal(fates["quarantined"]) + Decimal(fates["landed"])
    found = [
        MoneyAside(*key, aside, whole, _share(aside, whole))
        for key, (aside, whole) in sorted(sums.items())
        if aside
    ]
    return max(found, key=lambda each: each.share, default=None)


def _share(aside: Decimal, whole: Decimal) -> Decimal:
    """How large a part; all of it where credits and debits cancel out."""
    return min(abs(aside / whole), Decimal(1)).quantize(Decimal("0.0001")) if whole else Decimal(1)


def source_state(stream: Stream, landed: list[Event], now: datetime) -> SourceState:
    """How fresh a stream is, from what the ledger says has landed."""
    newest = {e.payload["landing_id"]: e.payload for e in landed if e.subject == stream.table}
    exported = max((str(payload["exported_at"]) for payload in newest.values()), default=None)
    hours = age_hours(exported, now) if exported else None
    freshness: Freshness = "never"
    if hours is not None:
        freshness = "fresh"
        if hours > stream.freshness.warn_after_hours:
            freshness = "late"
        if hours > stream.freshness.fail_after_hours:
            freshness = "stale"
    return SourceState(
        table=stream.table,
        family=stream.family,
        owner=stream.owner.team,
        newest_export=exported,
        hours=hours,
        freshness=freshness,
        landings=len(newest),
        rows_landed=sum(int(p["rows_landed"]) for p in newest.values()),
        rows_quarantined=sum(int(p["rows_quarantined"]) for p in newest.values()),
        rows_skipped=sum(sum(p["rows_skipped"].values()) for p in newest.values()),
    )
