"""Decides from all answers whether a candidate may become a release, and writes the verdict.

Belongs here: the rule of the decision, and the document that binds it to one candidate. Does not
belong here: any question of its own. Publishing trusts nothing of this but what it can check again
(`pipelines/publish/release.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.contract import Stream, load_contracts
from pipelines.check.candidate import expected_checks
from pipelines.check.result import CheckResult
from pipelines.ledger import Ledger
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.storage import fault_point, file_digest, make_read_only, write_atomically

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

__all__ = ["Verdict", "expected_checks", "judge"]

Decision = Literal["release", "hold"]
NO_CANDIDATE = "-"
MOST_SHOWN = 3


@dataclass(frozen=True)
class Verdict:
    """What all checks said of one candidate, and what follows."""

    run_id: str
    candidate_sha256: str
    inputs_digest: str
    expected: tuple[str, ...]
    results: tuple[CheckResult, ...]
    decision: Decision
    reasons: tuple[str, ...]
    """Why it is held, for people; empty for a release."""

    @property
    def total(self) -> int:
        """How many checks were answered."""
        return len(self.results)

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(result.passed for result in self.results)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """What is published with a warning."""
        return tuple(result for result in self.results if result.verdict == "warn")

    def concerning(self, kpi: str) -> tuple[CheckResult, ...]:
        """The checks that concern a KPI's figures."""
        return tuple(result for result in self.results if kpi in result.kpis)

    def to_document(self) -> dict[str, Any]:
        """As it stands in `verdict.json`."""
        return {
            "run_id": self.run_id,
            "candidate_sha256": self.candidate_sha256,
            "inputs_digest": self.inputs_digest,
            "expected": list(self.expected),
            "results": [result.to_document() for result in self.results],
            "decision": self.decision,
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Verdict:
        """Read a verdict back.

        Raises:
            ValueError: it is not shaped like one.
        """
        try:
            return cls(
                run_id=str(document["run_id"]),
                candidate_sha256=str(document["candidate_sha256"]),
                inputs_digest=str(document["inputs_digest"]),
                expected=tuple(document["expected"]),
                results=tuple(CheckResult.from_document(each) for each in document["results"]),
                decision=document["decision"],
                reasons=tuple(document["reasons"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not shaped like a verdict: {error!r}") from error


def judge(settings: Settings, ledger: Ledger, run: Run, results: Sequence[CheckResult]) -> Verdict:
    """Decide, write `verdict.json`, and write into the ledger which verdict that was."""
    frozen = run.frozen_inputs()
    streams, landings = inputs_of(settings, ledger, run)
    expected = expected_checks(settings, run, streams, landings)
    reasons = [*candidate_problems(run), *objections(expected, results)]
    verdict = Verdict(
        run_id=run.run_id,
        candidate_sha256=_seal(run),
        inputs_digest=str(frozen.get("inputs_digest", "")),
        expected=tuple(expected),
        results=tuple(sorted(results, key=lambda result: result.id)),
        decision="hold" if reasons else "release",
        reasons=tuple(reasons),
    )
    fault_point("verdict.before_write")
    text = json.dumps(verdict.to_document(), indent=1, sort_keys=True, allow_nan=False)
    write_atomically(run.verdict, text.encode(), "verdict.before_rename")
    fault_point("verdict.after_write")
    ledger.append(
        "verdict",
        run.run_id,
        {
            "verdict_sha256": file_digest(run.verdict),
            "manifest_sha256": file_digest(run.manifest),
            "candidate_sha256": verdict.candidate_sha256,
            "inputs_digest": verdict.inputs_digest,
            "decision": verdict.decision,
            "checks_total": verdict.total,
            "checks_passed": verdict.passed,
            "reasons": list(verdict.reasons),
        },
    )
    return verdict


def objections(expected: Sequence[str], results: Sequence[CheckResult]) -> list[str]:
    """Every reason in the answers why a candidate may not be published, for people to read."""
    reasons: list[str] = []
    if not expected:
        reasons.append("no check was expected at all: nothing would be proved")
    answered = Counter(result.id for result in results)
    reasons += [f"{check_id} was not answered" for check_id in expected if not answered[check_id]]
    reasons += [
        f"{check_id} was answered {times} times"
        for check_id, times in sorted(answered.items())
        if times > 1
    ]
    for check_id, times in sorted(Counter(expected).items()):
        if times > 1:
            reasons.append(f"{check_id} is expected {times} times: two checks have one name")
    for result in sorted(results, key=lambda result: result.id):
        if result.stops_release:
            reasons.append(_reason(result))
    return reasons


def candidate_problems(run: Run) -> list[str]:
    """What is wrong with the candidate as a file."""
    log = run.candidate.with_name(f"{run.candidate.name}.wal")
    problems = []
    if not run.candidate.is_file():
        problems.append(f"there is no candidate at {run.candidate}")
    if log.exists():
        problems.append(
            f"{log.name} lies beside the candidate: something still writes it, or died writing"
        )
    return problems


def inputs_of(
    settings: Settings, ledger: Ledger, run: Run
) -> tuple[dict[str, Stream], list[Landing]]:
    """The contracts, and the landings that the run computes from, as the ledger has them."""
    from pipelines.land.landing import Landing

    streams = load_contracts(settings.project / "models" / "contracts")
    wanted = {str(landing_id) for landing_id in run.frozen_inputs().get("landings", ())}
    found: dict[tuple[str, str], Landing] = {}
    for event in ledger.events("landed"):
        if str(event.payload.get("landing_id")) in wanted:
            found[event.subject, str(event.payload["landing_id"])] = Landing.from_payload(
                event.payload
            )
    usable = [n for n in found.values() if n.status == "accepted" and n.table in streams]
    return streams, [n for n in usable if n.contract_digest == streams[n.table].digest]


def _reason(result: CheckResult) -> str:
    where = f" in {result.table}" if result.table else ""
    count = f", {result.rows} rows" if result.rows else ""
    sample = f", such as {'; '.join(result.sample[:MOST_SHOWN])}" if result.sample else ""
    if result.verdict == "error":
        problem = result.evidence.get("problem") or result.evidence.get("said") or "it crashed"
        return f"{result.asked} Nobody knows{where}: {problem} ({result.id})"
    return f"{result.asked} No{where}{count}{sample} ({result.id})"


def _seal(run: Run) -> str:
    """Take the right to write from the candidate, and say which bytes it is."""
    if not run.candidate.is_file():
        return NO_CANDIDATE
    make_read_only(run.candidate)
    return file_digest(run.candidate)


def _read_object(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
