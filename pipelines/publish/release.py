"""Makes a release: demands the verdict, writes the release aside, and switches to it in one step.

Belongs here: what publishing refuses, the order of its steps, rolling back and keeping. Does not
belong here: what a release's files hold (`duckdb_target.py`, `parquet_target.py`, `record.py`) and
what is put right after a kill (`recover.py`). The caller holds the home's lock.

The order, on which `recover.py` relies: the folder is whole and durable, then it gets its number,
then the ledger knows of it, then readers see it, then the ledger knows that they do.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.check.gate import expected_checks, inputs_of
from pipelines.ledger import Ledger
from pipelines.publish.build import Definitions, Plan, build_release
from pipelines.publish.demands import (
    code_objections,
    current_number,
    kept_releases,
    next_number,
    objections_to,
    parent_objections,
    read_verdict,
)
from pipelines.publish.parent import damages
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.storage import (
    fault_point,
    file_digest,
    remove,
    switch_pointer,
    write_atomically,
)

IN_LEDGER = (
    "release",
    "run_id",
    "parent_release",
    "published_at",
    "as_of",
    "figures_sha256",
    "checks_passed",
    "checks_total",
    "candidate_sha256",
)


class NotPublishable(Exception):
    """The candidate may not be published; every reason, for people. The last release stays."""

    def __init__(self, run_id: str, reasons: Sequence[str]) -> None:
        self.run_id, self.reasons = run_id, tuple(reasons)
        listed = "\n".join(f"- {reason}" for reason in reasons)
        super().__init__(f"Run {run_id} was not published; the last release stays:\n{listed}")


@dataclass(frozen=True)
class Release:
    """A published, immutable, numbered version of the mart."""

    number: int
    run_id: str
    folder: Path
    published_at: str
    figures_sha256: str
    checks_passed: int
    checks_total: int
    tables: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of_folder(cls, folder: Path) -> Release:
        """Read a release's own manifest."""
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return cls(
            number=int(manifest["release"]),
            run_id=str(manifest["run_id"]),
            folder=folder,
            published_at=str(manifest["published_at"]),
            figures_sha256=str(manifest["figures_sha256"]),
            checks_passed=int(manifest["checks_passed"]),
            checks_total=int(manifest["checks_total"]),
            tables=manifest["tables"],
        )


def publish(
    settings: Settings, ledger: Ledger, run: Run, definitions: Definitions | None = None
) -> Release:
    """Make the run's candidate the release that readers see.

    Args:
        settings: where everything is.
        ledger: what happened so far.
        run: its candidate and verdict.
        definitions: reads from dbt's manifest what explaining a figure needs.

    Raises:
        NotPublishable: the verdict does not allow it; with every reason.
        WrongMart: what was written is not what the candidate holds.
    """
    streams, landings = inputs_of(settings, ledger, run)
    verdict, reasons = read_verdict(ledger, run)
    if verdict is not None:
        expected = expected_checks(settings, run, streams, landings)
        reasons += objections_to(verdict, run, expected)
    reasons += code_objections(settings, run)
    reasons += parent_objections(settings, ledger, run)
    if reasons or verdict is None:
        raise NotPublishable(run.run_id, reasons)
    number = next_number(settings, ledger)
    published_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    plan = Plan(settings, ledger, run, verdict, landings, number, published_at)
    definitions = definitions or _known_definitions()
    folder = settings.releases / str(number)
    write_atomically(
        folder, lambda staging: build_release(plan, staging, definitions), "release.before_rename"
    )
    fault_point("release.after_rename")
    return _make_current(settings, ledger, Release.of_folder(folder))


def rollback(settings: Settings, ledger: Ledger, number: int) -> Release:
    """Serve an earlier (or a later, if one was rolled back) release again.

    Raises:
        NotPublishable: there is no such release, or its files are not those that were released.
    """
    folder = settings.releases / str(number)
    released = [e for e in ledger.events("released") if e.payload["release"] == number]
    kept = ", ".join(str(n) for n, _ in kept_releases(settings)) or "none"
    if not released or not folder.is_dir():
        raise NotPublishable("-", [f"release {number} is not kept; there are: {kept}"])
    problems = damages(folder, str(released[-1].payload["manifest_sha256"]))
    if problems:
        raise NotPublishable(str(released[-1].payload["run_id"]), problems)
    before = current_number(settings)
    switch_pointer(settings.current, folder)
    ledger.append("rolled_back", str(number), {"release": number, "from": before})
    return Release.of_folder(folder)


def _make_current(settings: Settings, ledger: Ledger, release: Release) -> Release:
    manifest = release.folder / "manifest.json"
    said = json.loads(manifest.read_text(encoding="utf-8"))
    payload = {key: said[key] for key in IN_LEDGER} | {"manifest_sha256": file_digest(manifest)}
    ledger.append("release_prepared", release.run_id, payload)
    switch_pointer(settings.current, release.folder)
    ledger.append("released", release.run_id, payload)
    fault_point("release.after_ledger")
    forget_old_releases(settings)
    return release


def _known_definitions() -> Definitions | None:
    """The reader of definitions of the room that explains figures, where there is one."""
    try:
        module = importlib.import_module("pipelines.prove.definitions")
    except ModuleNotFoundError:
        return None
    found: Definitions = module.extract_definitions
    return found


def forget_old_releases(settings: Settings) -> list[int]:
    """Remove releases beyond those to keep; never the current one."""
    kept, current = kept_releases(settings), current_number(settings)
    old = [(n, folder) for n, folder in kept[: -settings.keep_releases] if n != current]
    for _, folder in old:
        remove(folder)
    return [number for number, _ in old]
