"""The steps in their order: fetch, notice and land, check, freeze, transform, check, publish.

`kpi run` takes them one after the other; each Dagster asset takes the one it is named after, and
finds what the earlier ones did in the ledger and the run's folder. How a step works is in its room.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from models.contract import load_contracts
from models.scorecard import load_scorecards
from pipelines.accepted import current_landings
from pipelines.continued import candidate_to_continue, forget_candidates
from pipelines.fetch.fetching import look_at_inbox
from pipelines.intake import (
    Landed,
    Pipeline,
    Tell,
    accepted_landings,
    land,
    say_nothing,
    to_land_again,
)
from pipelines.ledger import Ledger
from pipelines.run import Run, code_digest
from pipelines.settings import Settings, quiet_telemetry
from pipelines.storage import exclusive_lock, remove_leftovers, write_atomically

if TYPE_CHECKING:
    from expectations.validate import ExpectationsWorker
    from pipelines.check.gate import Verdict
    from pipelines.check.result import CheckResult
    from pipelines.land import Landing
    from pipelines.publish.release import Release

__all__ = [
    "Landed",
    "Pipeline",
    "Tell",
    "accepted_landings",
    "code_digest",
    "land",
    "say_nothing",
]


class InputsChanged(Exception):
    """What a run computes from was changed while it was at work."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    status: Literal["released", "nothing_new", "held"]
    run_id: str
    landed: Landed
    release: Release | None = None
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()


def open_pipeline(settings: Settings, tell: Tell = say_nothing) -> Pipeline:
    """Read the contracts and open the ledger.

    Raises:
        models.contract.ContractError: a contract cannot be used.
    """
    quiet_telemetry()
    settings.home.mkdir(parents=True, exist_ok=True)
    streams = load_contracts(settings.project / "models" / "contracts")
    return Pipeline(settings, streams, Ledger(settings.ledger_url), tell)


@contextmanager
def alone(pipeline: Pipeline) -> Iterator[None]:
    """Hold the home for one writer, and first put right what a killed run left behind.

    Raises:
        pipelines.storage.HomeIsBusy: another run is at work here.
    """
    from pipelines.publish.recover import recover

    with exclusive_lock(pipeline.settings.home / "writer.lock"):
        remove_leftovers(pipeline.settings.home)
        recover(pipeline.settings, pipeline.ledger)
        yield


def run(settings: Settings, tell: Tell = say_nothing) -> Outcome:
    """The main job, once: from what is new in the inbox to a release, or to the reasons why not.

    Raises:
        models.contract.ContractError: a contract cannot be used.
        models.scorecard.ScorecardError: a scorecard cannot be used.
    """
    from pipelines.ahead import dbt_made_ready

    pipeline = open_pipeline(settings, tell)
    # One that cannot be used would stop the run after all its landing.
    load_scorecards(settings.project / "models" / "scorecards")
    with alone(pipeline), ExitStack() as stack:
        seen = look_at_inbox(settings, pipeline.ledger, tell)
        # Started before landing, because its import takes as long as landing does.
        worker = stack.enter_context(start_worker(pipeline)) if seen.new else None
        dbt_is_ready = (
            stack.enter_context(dbt_made_ready(settings, pipeline.streams)) if seen.new else None
        )
        landed = land(pipeline, seen)
        nothing_new = Outcome("nothing_new", last_run_id(pipeline.ledger) or "", landed)
        if freeze(pipeline) is None:
            return nothing_new
        worker = worker or stack.enter_context(start_worker(pipeline))
        check_landed(pipeline, worker)
        # The suites may have set landings aside: only now are the inputs final.
        run_now = freeze(pipeline)
        if run_now is None:
            return nothing_new
        if dbt_is_ready is not None:
            dbt_is_ready()
        transform(pipeline, run_now)
        verdict = check_candidate(pipeline, run_now, worker)
        if verdict.decision != "release":
            reasons = tuple(verdict.reasons)
            return Outcome("held", run_now.run_id, landed, verdict=verdict, reasons=reasons)
        release = publish(pipeline, run_now)
    return Outcome("released", run_now.run_id, landed, release, verdict)


def check_landed(pipeline: Pipeline, worker: ExpectationsWorker) -> list[CheckResult]:
    """Ask the suites of every landing that was not asked yet; a landing that fails is set aside."""
    from pipelines.check import landed

    settings, ledger = pipeline.settings, pipeline.ledger
    ledger.append_many(
        landed.asked_anew(settings, ledger, current_landings(ledger, pipeline.streams))
    )
    fresh = landed.not_yet_asked(settings, ledger, accepted_landings(pipeline))
    if not fresh:
        return []
    pipeline.tell("check", f"{len(fresh)} landings")
    results, set_aside = landed.check_landings(pipeline.settings, pipeline.streams, fresh, worker)
    events = landed.checked_events(pipeline.settings, fresh, results, set_aside)
    pipeline.ledger.append_many(events)
    return results


def freeze(pipeline: Pipeline) -> Run | None:
    """Fix what a run computes from; the same inputs give the same run.

    Returns:
        The run, or None when its inputs are those of the release that was made last.

    Raises:
        InputsChanged: exports wait to be landed again; figures would be of a part only.
    """
    from pipelines.publish.recover import last_served
    from pipelines.transform import figure_settings

    waiting = to_land_again(pipeline)
    if waiting:
        raise InputsChanged(
            f"{len(waiting)} exports, such as {waiting[0][1]}, were read under a contract that has"
            " changed since. Take the landing step again, then this one."
        )
    landings = accepted_landings(pipeline)
    inputs = {
        "landings": sorted(
            f"{n.table}:{n.landing_id}:{n.contract_digest}"
            # The same bytes at other moments may be in force where they were not, or no more.
            f":{' '.join([n.exported_at.isoformat(), *n.earlier_exports])}"
            for n in landings
        ),
        "as_of": pipeline.settings.as_of.isoformat(),
        "settings": figure_settings(pipeline.settings),
        "code_digest": code_digest(pipeline.settings.project),
    }
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    run_id = digest[:16]
    if not landings or last_run_id(pipeline.ledger) == run_id:
        return None
    run_now = _run(pipeline.settings, run_id)
    run_now.directory.mkdir(parents=True, exist_ok=True)
    frozen = {
        **inputs,
        "run_id": run_id,
        "inputs_digest": digest,
        "parent_release": last_served(pipeline.ledger),
        "landings": sorted(landing.landing_id for landing in landings),
    }
    previous = pipeline.ledger.latest("run_started")
    if previous is None or previous.payload != frozen:
        write_atomically(run_now.manifest, json.dumps(frozen, indent=1, sort_keys=True).encode())
        pipeline.ledger.append("run_started", run_id, frozen)
    return run_now


def latest_run(pipeline: Pipeline) -> Run | None:
    """The run that was frozen last, whatever became of it."""
    started = pipeline.ledger.latest("run_started")
    return _run(pipeline.settings, started.subject) if started else None


def transform(
    pipeline: Pipeline, run_now: Run, listeners: Iterable[Callable[[Any], None]] = ()
) -> None:
    """Build the candidate with dbt, and close it."""
    from pipelines.transform import build_candidate

    settings = pipeline.settings
    pipeline.tell("transform", "dbt builds and tests the candidate")
    landings = frozen_landings(pipeline, run_now)
    before = candidate_to_continue(settings, pipeline.ledger, run_now)
    build_candidate(settings, run_now, pipeline.streams, landings, before, listeners)


def check_candidate(pipeline: Pipeline, run_now: Run, worker: ExpectationsWorker) -> Verdict:
    """Ask everything that has to hold of the candidate, and write the verdict."""
    from pipelines.check import candidate, gate

    pipeline.tell("check", "suites, reconciliations and plausibility of the candidate")
    landings = frozen_landings(pipeline, run_now)
    results = candidate.check_candidate(
        pipeline.settings, run_now, pipeline.streams, landings, pipeline.ledger, worker
    )
    return gate.judge(pipeline.settings, pipeline.ledger, run_now, results)


def publish(pipeline: Pipeline, run_now: Run) -> Release:
    """Make the candidate the release that readers see, if the verdict says so.

    Raises:
        pipelines.publish.release.NotPublishable: with every reason why not.
    """
    from pipelines.publish import release

    pipeline.tell("publish", "writing the release")
    made = release.publish(pipeline.settings, pipeline.ledger, run_now)
    forget_candidates(pipeline.settings, pipeline.ledger)
    return made


@contextmanager
def start_worker(pipeline: Pipeline) -> Iterator[ExpectationsWorker]:
    """Great Expectations in a process of its own: its import overlaps with what we do meanwhile."""
    from expectations.validate import ExpectationsWorker

    with ExpectationsWorker(memory_limit=pipeline.settings.memory_limit) as worker:
        yield worker


def frozen_landings(pipeline: Pipeline, run_now: Run) -> list[Landing]:
    """The landings a run was frozen with.

    Raises:
        InputsChanged: other landings are accepted by now, or contracts, suites, SQL or code were
            changed: the run's answers would be of something else than its figures.
    """
    landings = accepted_landings(pipeline)
    frozen = run_now.frozen_inputs()
    accepted = sorted(landing.landing_id for landing in landings)
    code = code_digest(pipeline.settings.project)
    if (accepted, code) != (frozen.get("landings"), frozen.get("code_digest")):
        raise InputsChanged(
            f"Landings, contracts or code are others than when run {run_now.run_id} began."
            " Nothing of it is published; run again."
        )
    return landings


def last_run_id(ledger: Ledger) -> str | None:
    """The run behind the release that was made last."""
    released = ledger.latest("released")
    return str(released.payload["run_id"]) if released else None


def _run(settings: Settings, run_id: str) -> Run:
    candidate = settings.warehouse / run_id / "candidate.duckdb"
    return Run(run_id, settings.runs / run_id, candidate)
