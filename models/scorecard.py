"""A scorecard as it is declared: which KPIs tell how a company or team does, and its objectives.

Belongs here: the shape of `models/scorecards/*.yml`, refusing a wrong one with file, line and
remedy, and naming what makes one hard to use. Does not belong here: the KPIs themselves (`kpi.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from models.kpi import Declared, Kpi, Owner, Text
from models.smart import Finding
from models.yaml_source import DeclarationError, first_problem, read_yaml

Perspective = Literal["financial", "customer", "process", "growth"]
Grain = Literal["day", "week", "month", "quarter", "year"]
Weight = Annotated[Decimal, Field(gt=0, le=1, max_digits=7, decimal_places=6)]
Amount = Annotated[Decimal, Field(max_digits=28, decimal_places=6)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
MOST_KPIS = 7
MOST_KEY_KPIS = 5
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


def load_scorecards(folder: Path) -> dict[str, Scorecard]:
    """Every scorecard declared in a folder, by name; none where there is no such folder.

    Raises:
        ScorecardError: a declaration cannot be used, or two have one name.
    """
    found: dict[str, Scorecard] = {}
    for file in sorted(folder.glob("*.yml")):
        try:
            document, lines = read_yaml(file)
        except DeclarationError as error:
            raise ScorecardError(file, error.line, error.problem, error.remedy) from error
        if not isinstance(document, dict):
            raise ScorecardError(file, 1, "it holds no keys", REMEDY)
        try:
            scorecard = Scorecard.model_validate({**document, "file": file})
        except ValidationError as error:
            wrong = first_problem(error, file, lines)
            remedy = wrong.remedy if wrong.remedy.startswith("Allowed") else REMEDY
            raise ScorecardError(file, wrong.line or 1, wrong.problem, remedy) from error
        if scorecard.scorecard in found:
            other = found[scorecard.scorecard].file
            problem = f"scorecard {scorecard.scorecard!r} is also declared in {other}"
            raise ScorecardError(file, 1, problem, "Keep one of the two.")
        found[scorecard.scorecard] = scorecard
    return found


def scorecard_findings(
    scorecards: Mapping[str, Scorecard], kpis: Mapping[str, Kpi]
) -> list[Finding]:
    """What makes a scorecard hard to use, or leaves part of it without a figure."""
    findings = []
    for card in scorecards.values():
        lines = read_yaml(card.file)[1]

        def find(problem: str, remedy: str, *at: str | int, card: Scorecard = card) -> None:
            line = lines.get(at, 1)  # noqa: B023  (called in this round only)
            findings.append(Finding(card.scorecard, "scorecard", problem, remedy, card.file, line))

        if len(card.measures) > MOST_KPIS:
            find(
                f"{len(card.measures)} KPIs: nobody steers by more than {MOST_KPIS}",
                "Keep those that somebody acts on.",
                "measures",
            )
        total = sum((measure.weight for measure in card.measures), Decimal(0))
        if total != 1:
            find(f"the weights of its KPIs sum to {total}", "Make them sum to 1.", "measures")
        for index, measure in enumerate(card.measures):
            if measure.kpi not in kpis:
                find(
                    f"there is no KPI {measure.kpi!r}", "Name one that there is.", "measures", index
                )
        for index, objective in enumerate(card.objectives):
            total = sum((result.weight for result in objective.key_results), Decimal(0))
            if total != 1:
                find(
                    f"the weights of objective {objective.name!r} sum to {total}",
                    "Make them sum to 1.",
                    "objectives",
                    index,
                )
            for result in objective.key_results:
                if result.kpi not in kpis:
                    find(
                        f"objective {objective.name!r} names {result.kpi!r}, which is no KPI",
                        "Name one that there is.",
                        "objectives",
                        index,
                    )
    return findings + _too_much_for_one_team(scorecards, kpis)


def _too_much_for_one_team(
    scorecards: Mapping[str, Scorecard], kpis: Mapping[str, Kpi]
) -> list[Finding]:
    """A KPI on any scorecard is a key KPI of the team that answers for it."""
    key: dict[str, dict[str, Scorecard]] = {}
    for card in scorecards.values():
        for measure in card.measures:
            if measure.kpi in kpis:
                team = kpis[measure.kpi].meta.owner.team
                key.setdefault(team, {}).setdefault(measure.kpi, card)
    return [
        Finding(
            next(iter(theirs.values())).scorecard,
            "scorecard",
            f"team {team} answers for {len(theirs)} key KPIs: {', '.join(sorted(theirs))}",
            f"Leave it at most {MOST_KEY_KPIS}, or share them among teams.",
            next(iter(theirs.values())).file,
            1,
        )
        for team, theirs in sorted(key.items())
        if len(theirs) > MOST_KEY_KPIS
    ]
