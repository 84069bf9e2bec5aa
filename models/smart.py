"""What keeps a declaration from being SMART, as findings: nothing here stops a run.

Belongs here: what can be said of the declarations of KPIs and contracts alone. Does not belong
here: what is refused outright (`kpi.py`, `contract.py`), findings of scorecards
(`scorecard_findings.py`), and what only a release can tell (`pipelines/serve/lint.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.contract import Stream
from models.kpi import Kpi
from models.yaml_source import read_yaml

FEWEST_WORDS = 8
"""A description shorter than this cannot say what a figure must not be taken for."""
FEWEST_WORDS_OF_A_GOAL = 2
REVIEW_MARK = "# review:"

Rule = Literal[
    "specific",
    "measurable",
    "achievable",
    "relevant",
    "time-bound",
    "contract",
    "target",
    "scorecard",
]


@dataclass(frozen=True)
class Finding:
    """One thing that is to be mended, and how."""

    subject: str
    """The KPI, stream or scorecard it is about."""
    rule: Rule
    """Of a KPI, which of the SMART letters it fails."""
    problem: str
    remedy: str
    file: Path
    line: int


Missing = tuple[Rule, str, str]


def smart_findings(kpis: Mapping[str, Kpi], dbt_project: Path, today: dt.date) -> list[Finding]:
    """What a reader of the scorecard would miss, per KPI; empty where all is declared well.

    Whether a target is achievable is a question to the KPI's own history, and asked elsewhere.
    """
    definitions = read_definitions(dbt_project)
    return [
        Finding(kpi.name, rule, problem, remedy, kpi.file, kpi.line)
        for kpi in kpis.values()
        for rule, problem, remedy in [
            *_not_specific(kpi),
            *_not_measurable(kpi, definitions),
            *_not_relevant(kpi),
            *_not_time_bound(kpi, today),
        ]
    ]


def contract_findings(streams: Mapping[str, Stream]) -> list[Finding]:
    """Contracts that rest on nothing, or whose guesses nobody has looked at."""
    by_file: dict[Path, Stream] = {}
    for stream in streams.values():
        by_file.setdefault(stream.file, stream)
    findings = []
    for file, stream in by_file.items():
        if not stream.rests_on.strip():
            problem = "it does not say what it rests on"
            remedy = "Write `rests_on`: the vendor's page, or a real export and its date."
            findings.append(Finding(stream.source, "contract", problem, remedy, file, 1))
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if REVIEW_MARK in text:
                asked = text.split(REVIEW_MARK, 1)[1].strip()
                problem = f"a guess of its draft was not looked at: {asked}"
                remedy = f"Compare it with an export, then take out `{REVIEW_MARK}`."
                findings.append(Finding(stream.source, "contract", problem, remedy, file, number))
    return findings


def _not_specific(kpi: Kpi) -> Iterator[Missing]:
    if len(kpi.description.split()) < FEWEST_WORDS:
        yield (
            "specific",
            "the description is too short to be understood alone",
            "Say in plain words what it counts, and what it must not be taken for.",
        )
    for name, said in (("labels", kpi.meta.labels), ("descriptions", kpi.meta.descriptions)):
        if said.missing():
            yield (
                "specific",
                f"`{name}` lacks {', '.join(said.missing())}",
                f"Write it under `config.meta.kpi.{name}`.",
            )


def _not_measurable(kpi: Kpi, definitions: Definitions) -> Iterator[Missing]:
    meta = kpi.meta
    for problem in definitions.missing_inputs(kpi.name):
        yield "measurable", problem, "Declare it, or name one that there is."
    if (meta.kind == "ratio") != (kpi.type == "ratio"):
        yield (
            "measurable",
            f"kind {meta.kind!r} on a {kpi.type} metric",
            "A ratio metric is of kind ratio, and no other is.",
        )
    if meta.kind == "ratio" and meta.unit == "count":
        yield (
            "measurable",
            "a ratio in the unit `count`",
            "Use the unit that it is in, such as percent, multiple, money or days.",
        )


def _not_relevant(kpi: Kpi) -> Iterator[Missing]:
    meta = kpi.meta
    if len(meta.goal.split()) < FEWEST_WORDS_OF_A_GOAL:
        yield (
            "relevant",
            f"the goal {meta.goal!r} does not say what is to be reached",
            "Name the business goal that the KPI serves, with a verb.",
        )
    wrong_way = {"lead": "lagging", "lag": "leading"}[meta.timing]
    if wrong_way in meta.descriptors:
        yield (
            "relevant",
            f"timing {meta.timing!r} but described as {wrong_way!r}",
            "Make timing and descriptors agree.",
        )


def _not_time_bound(kpi: Kpi, today: dt.date) -> Iterator[Missing]:
    if kpi.meta.review.date < today:
        yield (
            "time-bound",
            f"its review was due on {kpi.meta.review.date}",
            "Review the definition and its target, then set the next date.",
        )


@dataclass(frozen=True)
class Definitions:
    """The metrics, measures and SQL models that a KPI may be made of."""

    metrics: Mapping[str, Mapping[str, Any]]
    facts_of_measures: Mapping[str, str]
    sql_models: frozenset[str]
    facts_per_grain: frozenset[str]
    """Facts with a row for each grain: their days do not add up to their months."""

    def is_counted_per_grain(self, name: str) -> bool:
        """Whether a metric is made of rows that each grain has for itself."""
        measures = [
            measure
            for metric in self._made_of(name)
            for measure in _names(self.metrics[metric].get("type_params") or {}, "measure")
        ]
        return any(self.facts_of_measures.get(one) in self.facts_per_grain for one in measures)

    def _made_of(self, name: str) -> list[str]:
        """The metric and all that it is made of, however deep, as far as there is one."""
        found = [name]
        for metric in found:
            params = self.metrics[metric].get("type_params") or {}
            needed = _names(params, "numerator", "denominator", "metrics")
            found += dict.fromkeys(
                one for one in needed if one in self.metrics and one not in found
            )
        return found

    def missing_inputs(self, name: str) -> list[str]:
        """What a metric is made of, however deep, that there is not; each thing once."""
        missing: dict[str, None] = {}
        for metric in self._made_of(name):
            params = self.metrics[metric].get("type_params") or {}
            for measure in _names(params, "measure"):
                fact = self.facts_of_measures.get(measure)
                if fact is None:
                    missing[f"metric {metric!r} counts {measure!r}, which no fact has"] = None
                elif fact not in self.sql_models:
                    missing[f"measure {measure!r} is of {fact!r}, which no model makes"] = None
            for needed in _names(params, "numerator", "denominator", "metrics"):
                if needed not in self.metrics:
                    missing[f"metric {metric!r} is made of {needed!r}, which is not declared"] = (
                        None
                    )
        return list(missing)


def read_definitions(dbt_project: Path) -> Definitions:
    """What stands in `dbt_project/models`, as far as a KPI may name it."""
    metrics: dict[str, Mapping[str, Any]] = {}
    facts: dict[str, str] = {}
    per_grain: set[str] = set()
    for file in sorted((dbt_project / "models" / "kpis").glob("**/*.yml")):
        document = read_yaml(file)[0] or {}
        for metric in document.get("metrics") or []:
            metrics[metric["name"]] = metric
        for semantic_model in document.get("semantic_models") or []:
            named = re.search(r"ref\(\s*['\"](\w+)['\"]\s*\)", str(semantic_model.get("model")))
            for measure in semantic_model.get("measures") or []:
                facts[measure["name"]] = named.group(1) if named else str(semantic_model["model"])
                if "grain_column" in ((semantic_model.get("config") or {}).get("meta") or {}):
                    per_grain.add(facts[measure["name"]])
    models = frozenset(file.stem for file in (dbt_project / "models").glob("**/*.sql"))
    return Definitions(metrics, facts, models, frozenset(per_grain))


def _names(params: Mapping[str, Any], *keys: str) -> list[str]:
    """The names under the keys, each written as `name`, `{name: …}` or a list of either."""
    found: list[str] = []
    for key in keys:
        said = params.get(key) or []
        found += [
            str(one["name"]) if isinstance(one, dict) else str(one)
            for one in (said if isinstance(said, list) else [said])
        ]
    return found
