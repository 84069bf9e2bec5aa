"""The release before, from which a new one takes what has not changed.

Belongs here: whether a release's files are as they were released, and what they say of themselves.
Does not belong here: comparing its figures with a candidate's (`parts.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.ledger import Ledger
from pipelines.publish.digest import Digest
from pipelines.settings import Settings
from pipelines.storage import file_digest

FORMAT = 2
"""How digests and files of a release are made; those of another format are not taken over."""


@dataclass(frozen=True)
class Parent:
    """A release whose files have just been found to be those that were released."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def mart(self) -> Path:
        """Its DuckDB file."""
        return self.folder / "mart.duckdb"

    def digest(self, table: str) -> Digest | None:
        """The digest of a table of it; None where it has no such table."""
        said = self.manifest["tables"].get(table)
        return (int(said["rows"]), str(said["sha256"])) if said else None

    def months(self, table: str) -> dict[str, Digest]:
        """The digests of a table's months; none where it was not published in months."""
        said = self.manifest["tables"].get(table, {}).get("months", {})
        return {month: (int(part["rows"]), str(part["sha256"])) for month, part in said.items()}

    def file(self, name: str) -> Path | None:
        """A file of it, by its name in the folder; None where there is none."""
        return self.folder / name if name in self.manifest["files"] else None


def parent_of(settings: Settings, ledger: Ledger, number: int | None) -> Parent | None:
    """The release to take unchanged figures from; None where all has to be written.

    A release with a damaged file is no parent: nothing of it is copied into another one.
    """
    released = [e.payload for e in ledger.events("released") if e.payload["release"] == number]
    if number is None or not released:
        return None
    folder = settings.releases / str(number)
    if damages(folder, str(released[-1]["manifest_sha256"])):
        return None
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Parent(folder, manifest) if manifest.get("format") == FORMAT else None


def damages(folder: Path, manifest_sha256: str) -> list[str]:
    """What of a release is not as it was released."""
    manifest = folder / "manifest.json"
    if not manifest.is_file() or file_digest(manifest) != manifest_sha256:
        return [f"{manifest} is not the one that was released"]
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    wrong = [
        name
        for name, digest in files.items()
        if not (folder / name).is_file() or file_digest(folder / name) != digest
    ]
    return [f"{folder / name} is not the file that was released" for name in wrong]
