"""What a check says: one question, its verdict, and the evidence somebody can act on.

Belongs here: the shape of an answer, and how it is written to a document and read from one. Does
not belong here: asking (the other modules of this room) and deciding (`gate.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from pipelines.document import plain

Outcome = Literal["pass", "warn", "fail", "error"]
Severity = Literal["block", "warn"]
MOST_SAMPLES = 5
"""A sample shows where to look; it is no copy of the data."""


@dataclass(frozen=True)
class CheckResult:
    """The answer to one question. An `error` says that nobody knows, and is never a pass."""

    id: str
    asked: str
    verdict: Outcome
    severity: Severity
    table: str = ""
    rows: int | None = None
    """How many rows answer wrongly; None where the question is not about rows."""
    sample: tuple[str, ...] = ()
    """Keys of a few failing rows; never personal data."""
    threshold: str = ""
    owner: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    look: str = ""
    """Where to look next."""
    kpis: tuple[str, ...] = ()
    """The KPIs whose figures the answer concerns."""

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Outcome):
            raise ValueError(f"check {self.id}: verdict {self.verdict!r} is none of pass, warn, …")
        if self.severity not in get_args(Severity):
            raise ValueError(f"check {self.id}: severity {self.severity!r} is not block or warn")

    @property
    def stops_release(self) -> bool:
        """Whether the candidate may not be published with this answer.

        A question that could not be answered stops it whatever its severity: a crashed check must
        not count for less than a failed one.
        """
        return self.verdict == "error" or (self.verdict == "fail" and self.severity == "block")

    @property
    def passed(self) -> bool:
        """Whether the answer is the hoped-for one."""
        return self.verdict == "pass"

    def concerning(self, kpis: tuple[str, ...]) -> CheckResult:
        """The same answer, naming the KPIs it concerns."""
        return replace(self, kpis=kpis)

    def to_document(self) -> dict[str, Any]:
        """The answer in JSON's types; decimals and dates as text."""
        return {
            "id": self.id,
            "asked": self.asked,
            "verdict": self.verdict,
            "severity": self.severity,
            "table": self.table,
            "rows": self.rows,
            "sample": list(self.sample),
            "threshold": self.threshold,
            "owner": self.owner,
            "evidence": plain(dict(self.evidence)),
            "look": self.look,
            "kpis": list(self.kpis),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CheckResult:
        """Read an answer back.

        Raises:
            ValueError: something is missing or of a kind that no answer has.
        """
        known = {part.name for part in fields(cls)}
        if set(document) != known:
            odd = sorted(set(document) ^ known)
            raise ValueError(f"an answer has the parts {sorted(known)}; it differs in {odd}")
        values = dict(document)
        values["sample"] = tuple(values["sample"])
        values["kpis"] = tuple(values["kpis"])
        return cls(**values)


def judged(failed: bool, severity: Severity) -> Outcome:
    """`fail` of a blocking question, `warn` of the other; else `pass`."""
    if not failed:
        return "pass"
    return "fail" if severity == "block" else "warn"


def crashed(
    check_id: str,
    asked: str,
    why: str,
    *,
    severity: Severity = "block",
    table: str = "",
    owner: str = "",
    look: str = "",
) -> CheckResult:
    """The answer of a check that could not be asked."""
    return CheckResult(
        id=check_id,
        asked=asked,
        verdict="error",
        severity=severity,
        table=table,
        owner=owner,
        evidence={"problem": why},
        look=look or "The check itself is broken: mend it, then run again.",
    )
