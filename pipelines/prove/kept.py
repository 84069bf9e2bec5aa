"""Is everything that is kept still what was written: exports, landed rows, ledger, releases?

Belongs here: finding what was changed, lost or exchanged after it was written, and naming the file.
Does not belong here: whether figures follow from what is kept (`kpi verify`), and mending.

A byte of a file is compared with the hash that was taken when it was written, which the ledger
keeps; the ledger itself is a chain of hashes. What nobody can find in this way is a home in which
all of it was written anew to fit: keep the ledger's newest hash elsewhere for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.archive import ArchiveDamaged, archived_path, refuse_damaged
from pipelines.holds import WITHOUT_ROWS
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.storage import LEFTOVER, file_digest

Part = Literal["ledger", "archive", "landed rows", "releases"]
LEDGER = "ledger.db"
ARCHIVED_AGAIN = "Restore it from a backup, or put the export into the inbox again"


@dataclass(frozen=True)
class Damage:
    """Something that is kept and is not as it was written."""

    path: Path
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}. {self.remedy}."


@dataclass(frozen=True)
class Looked:
    """What a look at one part of the home found."""

    part: Part
    count: int
    """How many files, or events of the ledger, were compared."""
    damages: tuple[Damage, ...] = ()


def look_at_ledger(settings: Settings) -> Looked:
    """Compare every event with its hash, and with that of the event before."""
    ledger = Ledger(settings.ledger_url)
    problems = ledger.verify()
    damages = tuple(
        Damage(
            settings.home / LEDGER,
            problem,
            "Restore the ledger from a backup; what it says cannot be trusted as it is",
        )
        for problem in problems
    )
    return Looked("ledger", 0 if problems else len(ledger.events()), damages)


def look_at_archive(settings: Settings) -> Looked:
    """Compare every archived export with its name, and the ledger with what is there."""
    found: list[Damage] = []
    there = set[str]()
    root = settings.archive / "sha256"
    for path in _files(root):
        sha256 = path.name.removesuffix(".zst")
        if LEFTOVER.match(path.name):
            continue  # A copy under way, or left behind: the next run removes it.
        if not _is_object(path, sha256, settings.archive):
            found.append(Damage(path, "it is no archived export", "Move it away"))
            continue
        there.add(sha256)
        try:
            refuse_damaged(sha256, settings.archive)
        except (ArchiveDamaged, OSError) as error:
            problem = error.problem if isinstance(error, ArchiveDamaged) else str(error)
            found.append(Damage(path, problem, f"{ARCHIVED_AGAIN} (SHA-256 {sha256})"))
    for sha256, name in _archived_by_ledger(settings).items():
        if sha256 not in there:
            path = archived_path(sha256, settings.archive)
            found.append(Damage(path, f"the bytes of {name} are gone", ARCHIVED_AGAIN))
    return Looked("archive", len(there), tuple(found))


def look_at_landed(settings: Settings) -> Looked:
    """Compare the rows that landed, and those set aside, with what was written at landing."""
    found: list[Damage] = []
    count = 0
    for payload in _landed(settings):
        digests = {settings.landed: payload.get("parquet_sha256")}
        if payload["rows_quarantined"]:
            digests[settings.quarantine] = payload.get("quarantine_sha256")
        for folder, digest in digests.items():
            path = folder / str(payload["parquet"])
            count += 1
            remedy = "Remove it, and the next `kpi run` lands the export again from the archive"
            if not path.is_file():
                found.append(Damage(path, f"the rows of {payload['file']} are gone", remedy))
            # Of what older versions of the program landed there is no hash.
            elif digest and file_digest(path) != digest:
                what = f"the rows of {payload['file']} are not as they landed"
                found.append(Damage(path, what, remedy))
    return Looked("landed rows", count, tuple(found))


def look_at_releases(settings: Settings) -> Looked:
    """Compare every file of the releases that are kept with their manifests, and these with it."""
    from pipelines.publish.demands import kept_releases
    from pipelines.publish.parent import damages

    released = {
        int(event.payload["release"]): str(event.payload["manifest_sha256"])
        for event in Ledger(settings.ledger_url).events("released")
    }
    found: list[Damage] = []
    kept = kept_releases(settings)
    for number, folder in kept:
        remedy = "Serve another one: `kpi rollback N`, and make it again from the archive"
        if number not in released:
            found.append(Damage(folder, "the ledger knows of no such release", remedy))
            continue
        problems = damages(folder, released[number])
        found += [Damage(folder, problem, remedy) for problem in problems]
    if settings.current.is_symlink() and not settings.current.exists():
        found.append(
            Damage(settings.current, "the release it points to is gone", "`kpi rollback N`")
        )
    return Looked("releases", len(kept), tuple(found))


def _files(folder: Path) -> Iterator[Path]:
    for path, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(path, name) for name in sorted(names))


def _is_object(path: Path, sha256: str, archive: Path) -> bool:
    try:
        return path == archived_path(sha256, archive) and not path.is_symlink()
    except ValueError:
        return False


def _archived_by_ledger(settings: Settings) -> dict[str, str]:
    """By SHA-256 of each export that was archived, a name it came under."""
    return {
        str(event.payload["sha256"]): event.subject
        for event in Ledger(settings.ledger_url).events("file_seen")
        if event.payload.get("sha256")
    }


def _landed(settings: Settings) -> list[dict[str, Any]]:
    """What the ledger says of each export of which landed rows must be there."""
    ledger = Ledger(settings.ledger_url)
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    events = [*ledger.events("landed"), *ledger.events("file_quarantined")]
    for event in sorted(events, key=lambda event: event.seq):
        name = (str(event.payload["source"]), str(event.payload["landing_id"]))
        if event.kind == "landed":
            newest[name] = event.payload
        elif event.payload["code"] in WITHOUT_ROWS:
            newest.pop(name, None)
    return list(newest.values())
