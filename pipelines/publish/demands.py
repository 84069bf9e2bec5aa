"""What publishing demands of a run: its own verdict, its own candidate, and the right parent.

Belongs here: every reason not to publish. All are looked for, so that one look shows what is wrong.
Does not belong here: writing anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pipelines.check.gate import Verdict, candidate_problems, objections
from pipelines.ledger import Ledger
from pipelines.run import Run, code_digest
from pipelines.settings import Settings
from pipelines.storage import file_digest


def read_verdict(ledger: Ledger, run: Run) -> tuple[Verdict | None, list[str]]:
    """The run's verdict if it is the very one the gate wrote; else why it is not."""
    if not run.verdict.is_file():
        return None, [f"there is no verdict at {run.verdict}: the checks did not come to their end"]
    event = ledger.latest("verdict", run.run_id)
    if event is None:
        return None, [
            "the ledger knows of no verdict of this run: the file was brought from elsewhere"
        ]
    if file_digest(run.verdict) != event.payload["verdict_sha256"]:
        return None, ["the verdict is not the one the gate wrote: it was changed or exchanged"]
    if not run.manifest.is_file() or file_digest(run.manifest) != event.payload["manifest_sha256"]:
        return None, ["the run's frozen inputs are not those that the gate saw: they were changed"]
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
    if str(run.frozen_inputs().get("inputs_digest", "")) != verdict.inputs_digest:
        reasons.append("the verdict speaks of other inputs than the run was frozen with")
    lost = sorted(set(expected) - set(verdict.expected))
    gone = sorted(set(verdict.expected) - set(expected))
    reasons += [f"{check_id} has to be asked and was not expected by the gate" for check_id in lost]
    reasons += [f"{check_id} was expected by the gate and is no longer" for check_id in gone]
    found = objections(expected, verdict.results)
    return reasons + [reason for reason in found if reason not in reasons]


def code_objections(settings: Settings, run: Run) -> list[str]:
    """Why the answers may be of something else than the figures, if so.

    Contracts, suites and SQL that were changed during the run change what has to be asked: the list
    of expected checks, computed anew, would be the wrong one.
    """
    if run.frozen_inputs().get("code_digest") == code_digest(settings.project):
        return []
    return ["contracts, suites, SQL or code were changed after the run began: run again"]


def parent_objections(settings: Settings, ledger: Ledger, run: Run) -> list[str]:
    """Why the run may not follow the release that is current, if so."""
    frozen = run.frozen_inputs()
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
