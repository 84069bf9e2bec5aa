"""Puts right what a publishing that was killed left behind, from the ledger and the folders alone.

Belongs here: finishing or undoing, before a run begins and under its lock. Does not belong here:
half-written files, which `storage.remove_leftovers` removes.
"""

from __future__ import annotations

from pipelines.ledger import Ledger
from pipelines.publish.demands import current_number, kept_releases
from pipelines.settings import Settings
from pipelines.storage import remove


def recover(settings: Settings, ledger: Ledger) -> list[str]:
    """Bring ledger, pointer and folders to agree; says what was done.

    - A release that readers already see, and of which the ledger knows only that it was prepared,
      was released: the ledger is told.
    - One that was prepared and never seen is removed: its run makes it again.
    - A folder with a number that the ledger does not know was made just before the kill: removed.
    - A pointer that was switched back without the ledger knowing was a rollback: it is told.
    """
    done = _finish_prepared(settings, ledger)
    done += _remove_unknown(settings, ledger)
    return done + _finish_rollback(settings, ledger)


def _finish_prepared(settings: Settings, ledger: Ledger) -> list[str]:
    done: list[str] = []
    closed = {int(event.payload["release"]) for event in ledger.events("released")}
    closed |= {
        int(event.payload["release"])
        for event in ledger.events("run_failed")
        if event.payload.get("release") is not None
    }
    for event in ledger.events("release_prepared"):
        number = int(event.payload["release"])
        if number in closed:
            continue
        if current_number(settings) == number:
            ledger.append("released", event.subject, event.payload)
            done.append(f"release {number} was already served: it is now in the ledger")
        else:
            remove(settings.releases / str(number))
            ledger.append("run_failed", event.subject, _abandoned(number))
            done.append(f"release {number} was never served: it was removed")
    return done


def _remove_unknown(settings: Settings, ledger: Ledger) -> list[str]:
    known = {int(event.payload["release"]) for event in ledger.events("release_prepared")}
    # Only folders above all others: should the ledger be lost, the releases must not go with it.
    above = max({*known, current_number(settings) or 0})
    unknown = [(n, folder) for n, folder in kept_releases(settings) if n > above]
    for _, folder in unknown:
        remove(folder)
    return [f"release {number} was never in the ledger: it was removed" for number, _ in unknown]


def _finish_rollback(settings: Settings, ledger: Ledger) -> list[str]:
    current, last = current_number(settings), last_served(ledger)
    if current is None or last is None or last == current:
        return []
    if current not in {int(event.payload["release"]) for event in ledger.events("released")}:
        return []
    ledger.append("rolled_back", str(current), {"release": current, "from": last})
    return [f"release {current} is served in place of {last}: it is now in the ledger"]


def last_served(ledger: Ledger) -> int | None:
    """The release that the ledger says is served; None before the first."""
    newest = ledger.latest_of(("released", "rolled_back"))
    return int(newest.payload["release"]) if newest else None


def _abandoned(number: int) -> dict[str, object]:
    return {"release": number, "reason": "publishing was killed before readers saw the release"}
