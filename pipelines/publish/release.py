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
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.check.gate import (
    Verdict,
    candidate_problems,
    expected_checks,
    frozen_inputs,
    inputs_of,
    objections,
)
from pipelines.ledger import Ledger
from pipelines.publish import record
from pipelines.publish.duckdb_target import (
    SCHEMA,
    Stamp,
    WrongMart,
    copy_table,
    count_rows,
    digest_of,
    published_tables,
    reading,
    write_record,
    writing,
)
from pipelines.publish.parquet_target import prove_same, write_parquet
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.storage import (
    fault_point,
    file_digest,
    make_read_only,
    remove,
    switch_pointer,
    write_atomically,
)

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

Definitions = Callable[[Path], Mapping[str, Any]]
DOCUMENTS = ("verdict.json", "definitions.json")


class NotPublishable(Exception):  # noqa: N818  (what callers catch is named by the design)
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
    reasons += parent_objections(settings, ledger, run)
    if reasons or verdict is None:
        raise NotPublishable(run.run_id, reasons)
    number = next_number(settings, ledger)
    folder = settings.releases / str(number)
    published_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    definitions = definitions or _extract_definitions()

    def build(staging: Path) -> None:
        staging.mkdir()
        maker = _Maker(settings, ledger, run, verdict, landings, number, published_at)
        maker.build(staging, definitions)

    write_atomically(folder, build, "release.before_rename")
    fault_point("release.after_rename")
    return _make_current(settings, ledger, Release.of_folder(folder))


def read_verdict(ledger: Ledger, run: Run) -> tuple[Verdict | None, list[str]]:
    """The run's verdict if it is the very one the gate wrote; else why it is not."""
    if not run.verdict.is_file():
        return None, [f"there is no verdict at {run.verdict}: the checks did not come to their end"]
    event = ledger.latest("verdict", run.run_id)
    if event is None:
        return None, ["the ledger knows of no verdict of this run: the file was brought from elsewhere"]
    if file_digest(run.verdict) != event.payload["verdict_sha256"]:
        return None, ["the verdict is not the one that the gate wrote: it was changed or exchanged"]
    broken = ledger.verify()
    if broken:
        return None, [f"the ledger is not as it was written: {broken[0]}"]
    try:
        verdict = Verdict.from_document(json.loads(run.verdict.read_text(encoding="utf-8")))
    except ValueError as error:
        return None, [f"the verdict cannot be read: {error}"]
    return verdict, []


def objections_to(verdict: Verdict, run: Run, expected: Sequence[str]) -> list[str]:
    """Every reason why a verdict does not allow this candidate to be published now."""
    reasons = candidate_problems(run)
    if verdict.run_id != run.run_id:
        reasons.append(f"the verdict speaks of run {verdict.run_id}")
    if verdict.decision != "release":
        reasons.append("the gate held the candidate")
        reasons += verdict.reasons
    if run.candidate.is_file() and file_digest(run.candidate) != verdict.candidate_sha256:
        reasons.append("the candidate was changed after it was checked")
    if str(frozen_inputs(run).get("inputs_digest", "")) != verdict.inputs_digest:
        reasons.append("the verdict speaks of other inputs than the run was frozen with")
    lost = sorted(set(expected) - set(verdict.expected))
    reasons += [f"{check_id} has to be asked and was not expected by the gate" for check_id in lost]
    found = objections(expected, verdict.results)
    return reasons + [reason for reason in found if reason not in reasons]


def parent_objections(settings: Settings, ledger: Ledger, run: Run) -> list[str]:
    """Why the run may not follow the release that is current, if so."""
    frozen = frozen_inputs(run)
    if "parent_release" not in frozen:
        return [f"{run.manifest} does not say which release the run began from"]
    done = [e.payload["release"] for e in ledger.events("released", run.run_id)]
    if done:
        return [f"run {run.run_id} was already published, as release {done[-1]}"]
    parent, current = frozen["parent_release"], current_number(settings)
    if parent != current:
        return [
            f"the run began from release {parent} but release {current} is current: another run was"
            " faster. Run again"
        ]
    return []


def current_number(settings: Settings) -> int | None:
    """The release that readers see; None before the first."""
    if not settings.current.is_symlink():
        return None
    name = settings.current.resolve().name
    return int(name) if name.isdecimal() else None


def next_number(settings: Settings, ledger: Ledger) -> int:
    """A number that no release ever had, also none that was abandoned."""
    known = [int(event.payload["release"]) for event in ledger.events("release_prepared")]
    known += [number for number, _ in kept_releases(settings)]
    return max(known, default=0) + 1


def kept_releases(settings: Settings) -> list[tuple[int, Path]]:
    """The releases that are there to roll back to, oldest first."""
    if not settings.releases.is_dir():
        return []
    folders = [f for f in settings.releases.iterdir() if f.name.isdecimal() and f.is_dir()]
    return sorted((int(folder.name), folder) for folder in folders)


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


def _make_current(settings: Settings, ledger: Ledger, release: Release) -> Release:
    manifest = json.loads((release.folder / "manifest.json").read_text(encoding="utf-8"))
    payload = {
        key: manifest[key]
        for key in (
            "release", "run_id", "parent_release", "published_at", "as_of", "figures_sha256",
            "checks_passed", "checks_total", "candidate_sha256",
        )
    }
    payload["manifest_sha256"] = file_digest(release.folder / "manifest.json")
    ledger.append("release_prepared", release.run_id, payload)
    switch_pointer(settings.current, release.folder)
    ledger.append("released", release.run_id, payload)
    fault_point("release.after_ledger")
    forget_old_releases(settings)
    return release


def forget_old_releases(settings: Settings) -> list[int]:
    """Remove releases beyond those to keep; never the current one."""
    kept, current = kept_releases(settings), current_number(settings)
    old = [(n, folder) for n, folder in kept[: -settings.keep_releases] if n != current]
    for _, folder in old:
        remove(folder)
    return [number for number, _ in old]


class _Maker:
    """Builds the files of one release in a folder that nobody reads yet."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        run: Run,
        verdict: Verdict,
        landings: Sequence[Landing],
        number: int,
        published_at: str,
    ) -> None:
        self._settings, self._ledger, self._run = settings, ledger, run
        self._verdict, self._landings = verdict, landings
        self._number, self._published_at = number, published_at

    def build(self, staging: Path, definitions: Definitions | None) -> None:
        """Write every file, the manifest last, and take the right to write from all."""
        mart = staging / "mart.duckdb"
        figures = self._write_mart(mart)
        fault_point("release.mart_written")
        tables = self._write_parquet(mart, staging / "parquet")
        fault_point("release.parquet_written")
        shutil.copyfile(self._run.verdict, staging / "verdict.json")
        said = definitions(self._run.dbt_target / "manifest.json") if definitions else {}
        _write_json(staging / "definitions.json", said)
        self._write_manifest(staging, tables, figures)
        logs = sorted(staging.rglob("*.wal"))
        if logs:
            raise WrongMart(f"{logs[0]} was left behind: the mart was not closed")
        make_read_only(staging)
        # The folder itself stays writable, or it could not be renamed on every file system.
        staging.chmod(0o755)
