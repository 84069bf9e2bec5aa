"""What makes a scorecard hard to use, or leaves part of it without a figure: findings, no refusals.

Belongs here: what can be said of scorecards and KPIs as they are declared. Does not belong here:
what a scorecard must look like (`scorecard.py`), and what only a release can tell
(`pipelines/serve/lint.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.kpi import Kpi
from models.periods import Calendar
from models.scorecard import KeyResult, Objective, Scorecard, ScorecardError
from models.smart import Definitions, Finding
from models.yaml_source import Location, nearest_line, read_yaml

MOST_KPIS = 7
MOST_KEY_KPIS = 5


@dataclass(frozen=True)
class Declarations:
    """What scorecards are looked at with."""

    kpis: Mapping[str, Kpi]
    definitions: Definitions
    calendar: Calendar

    def needs_whole_periods(self, kpi: Kpi) -> bool:
        """Whether a figure of it is of a whole period, and not the sum of any days of it."""
        per_grain = self.definitions.is_counted_per_grain(kpi.name)
        return kpi.meta.kind != "flow" or "day" not in kpi.meta.grains or per_grain


def refused_findings(refused: Sequence[ScorecardError]) -> list[Finding]:
    """Scorecards that cannot be used at all: a run stops where it would compute them."""
    return [
        Finding(
            error.file.stem,
            "scorecard",
            f"it cannot be used: {error.problem}",
            error.remedy,
            error.file,
            error.line or 0,
        )
        for error in refused
    ]


def scorecard_findings(
    scorecards: Mapping[str, Scorecard], declared: Declarations
) -> list[Finding]:
    """What makes a scorecard hard to use, or leaves part of it without a figure."""
    return [
        *(
            Finding(card.scorecard, "scorecard", problem, remedy, card.file, line)
            for card in scorecards.values()
            for problem, remedy, line in _with_lines(card, declared)
        ),
        *_too_much_for_one_team(scorecards, declared.kpis),
    ]


Problem = tuple[str, str, Location]


def _with_lines(card: Scorecard, declared: Declarations) -> Iterator[tuple[str, str, int]]:
    lines = read_yaml(card.file)[1]
    for problem, remedy, at in (*_of_measures(card, declared), *_of_objectives(card, declared)):
        yield problem, remedy, nearest_line(lines, at) or 1


def _of_measures(card: Scorecard, declared: Declarations) -> Iterator[Problem]:
    if len(card.measures) > MOST_KPIS:
        yield (
            f"{len(card.measures)} KPIs: nobody steers by more than {MOST_KPIS}",
            "Keep those that somebody acts on.",
            ("measures",),
        )
    total = sum((measure.weight for measure in card.measures), Decimal(0))
    if total != 1:
        yield f"the weights of its KPIs sum to {total}", "Make them sum to 1.", ("measures",)
    for index, measure in enumerate(card.measures):
        at: Location = ("measures", index)
        if measure.kpi not in declared.kpis:
            yield f"there is no KPI {measure.kpi!r}", "Name one that there is.", at
        else:
            yield from _not_in_its_grain(card, declared.kpis[measure.kpi], at)


def _of_objectives(card: Scorecard, declared: Declarations) -> Iterator[Problem]:
    for index, objective in enumerate(card.objectives):
        at: Location = ("objectives", index)
        total = sum((result.weight for result in objective.key_results), Decimal(0))
        if total != 1:
            yield (
                f"the weights of objective {objective.name!r} sum to {total}",
                "Make them sum to 1.",
                at,
            )
        known: list[tuple[KeyResult, Kpi]] = []
        for place, result in enumerate(objective.key_results):
            here: Location = (*at, "key_results", place)
            if result.kpi not in declared.kpis:
                yield (
                    f"objective {objective.name!r} names {result.kpi!r}, which is no KPI",
                    "Name one that there is.",
                    here,
                )
            else:
                kpi = declared.kpis[result.kpi]
                yield from _not_in_its_grain(card, kpi, here)
                known.append((result, kpi))
        whole = [result.kpi for result, kpi in known if declared.needs_whole_periods(kpi)]
        if whole:
            yield from _ends_inside(card, objective, dict.fromkeys(whole), declared.calendar, at)


def _not_in_its_grain(card: Scorecard, kpi: Kpi, at: Location) -> Iterator[Problem]:
    if card.grain not in kpi.meta.grains:
        yield (
            f"it is scored by {card.grain}, and KPI {kpi.name!r} has no figure of a {card.grain}:"
            f" it exists by {', '.join(kpi.meta.grains)}",
            f"Make its grain {kpi.meta.grains[0]} or longer, or take the KPI out.",
            at,
        )


def _ends_inside(
    card: Scorecard,
    objective: Objective,
    whole: Mapping[str, None],
    calendar: Calendar,
    at: Location,
) -> Iterator[Problem]:
    """The last figure of a KPI that no days add up to would be of days after the objective."""
    end = calendar.period_end(card.grain, objective.ends)
    if end != objective.ends:
        yield (
            f"objective {objective.name!r} ends on {objective.ends}, inside a {card.grain} that"
            f" ends on {end}: the figure of {', '.join(whole)} is of the whole {card.grain}",
            f"Let it end with a {card.grain}, such as on {end}.",
            (*at, "ends"),
        )


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
