"""A scorecard as it is declared: which KPIs tell how a company or team does, and its objectives.

Belongs here: the shape of `models/scorecards/*.yml`, refusing a wrong one with file, line and
remedy. Does not belong here: the KPIs themselves (`kpi.py`), and what makes a scorecard hard to use
(`scorecard_findings.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from models.kpi import Declared, Owner, Text
from models.periods import Grain
from models.yaml_source import (
    DeclarationError,
    Location,
    own_findings,
    passed_over,
    problem_of,
    read_yaml,
)

Perspective = Literal["financial", "customer", "process", "growth"]
Weight = Annotated[Decimal, Field(gt=0, le=1, max_digits=7, decimal_places=6)]
Amount = Annotated[Decimal, Field(max_digits=28, decimal_places=6)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
REMEDY = "See docs/scorecards.md for what a scorecard declares."


class ScorecardError(DeclarationError):
    """A scorecard that cannot be used as it is declared."""


class Measure(Declared):
    """One KPI of a scorecard, and how much it counts."""

    kpi: Text
    perspective: Perspective
    weight: Weight


class KeyResult(Declared):
    """How far a KPI is to come, from where it stood."""

    kpi: Text
    baseline: Amount
    target: Amount
    weight: Weight = Decimal(1)
    slice: Text = "total"
    slice_value: str = ""

    @model_validator(mode="after")
    def _there_is_a_way_to_go(self) -> Self:
        if self.baseline == self.target:
            raise ValueError("the target is the baseline: there is no way to go")
        if (self.slice == "total") != (self.slice_value == ""):
            raise ValueError("`slice` and `slice_value` stand together, or neither does")
        return self


class Objective(Declared):
    """What is to be reached between two days, and by which key results it is known."""

    name: Name
    label: Text
    description: Text
    owner: Owner
    starts: dt.date
    ends: dt.date
    key_results: tuple[KeyResult, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("`ends` is not after `starts`")
        asked = Counter((r.kpi, r.slice, r.slice_value) for r in self.key_results)
        for (kpi, _, _), times in asked.items():
            if times > 1:
                raise ValueError(f"key result {kpi!r} stands {times} times")
        return self


class Scorecard(Declared):
    """The few KPIs that one company or team is steered by."""

    scorecard: Name
    label: Text
    description: Text
    owner: Owner
    grain: Grain
    score_by: Literal["status", "progress"] = "status"
    """On track 1, at risk 0.5, off track 0; or the share of the target, at most 1."""
    measures: tuple[Measure, ...] = Field(min_length=1)
    objectives: tuple[Objective, ...] = ()
    file: Path = Field(exclude=True)

    @model_validator(mode="after")
    def _everything_stands_once(self) -> Self:
        for what, names in (
            ("KPI", [measure.kpi for measure in self.measures]),
            ("objective", [objective.name for objective in self.objectives]),
        ):
            for name, times in Counter(names).items():
                if times > 1:
                    raise ValueError(f"{what} {name!r} stands {times} times")
        return self


PARTS: dict[str, type[Declared]] = {
    "": Scorecard,
    "owner": Owner,
    "measures": Measure,
    "objectives": Objective,
    "key_results": KeyResult,
}
"""What stands under each key that has keys under it."""


def load_scorecards(folder: Path) -> dict[str, Scorecard]:
    """Every scorecard declared in a folder, by name; none where there is no such folder.

    Raises:
        ScorecardError: a declaration cannot be used, or two have one name.
    """
    scorecards, refused = read_scorecards(folder)
    if refused:
        raise refused[0]
    return scorecards


def read_scorecards(folder: Path) -> tuple[dict[str, Scorecard], list[ScorecardError]]:
    """The scorecards of a folder that can be used, by name, and all that is wrong with others."""
    found: dict[str, Scorecard] = {}
    unread = passed_over(folder, ["*.yaml"])
    refused = [ScorecardError(file, None, problem, remedy) for file, problem, remedy in unread]
    for file in sorted(folder.glob("*.yml")):
        scorecard = _read_scorecard(file)
        if isinstance(scorecard, list):
            refused += scorecard
        elif scorecard.scorecard in found:
            other = found[scorecard.scorecard].file
            problem = f"scorecard {scorecard.scorecard!r} is also declared in {other}"
            refused.append(ScorecardError(file, 1, problem, "Keep one of the two."))
        else:
            found[scorecard.scorecard] = scorecard
    return found, refused


def _read_scorecard(file: Path) -> Scorecard | list[ScorecardError]:
    try:
        document, lines = read_yaml(file)
    except DeclarationError as error:
        return [ScorecardError(file, error.line, error.problem, error.remedy)]
    if not isinstance(document, dict):
        return [ScorecardError(file, 1, "it holds no keys", REMEDY)]
    try:
        return Scorecard.model_validate({**document, "file": file})
    except ValidationError as error:
        return [_refusal(finding, file, lines) for finding in own_findings(error)]


def _refusal(finding: ErrorDetails, file: Path, lines: dict[Location, int]) -> ScorecardError:
    """What is wrong, and what may stand there as far as it can be said in a line."""
    wrong = problem_of(finding, file, lines)
    remedy = wrong.remedy if wrong.remedy.startswith("Allowed") else REMEDY
    if finding["type"] == "extra_forbidden":
        above = [part for part in finding["loc"][:-1] if isinstance(part, str)]
        known = PARTS[above[-1] if above else ""].model_fields
        remedy = f"Allowed: {', '.join(key for key in known if key != 'file')}."
    return ScorecardError(file, wrong.line or 1, wrong.problem, remedy)
