"""A KPI as it is declared: what it means, for whom, and how it should be judged.

Belongs here: the shape of `config.meta.kpi` in `dbt_project/models/kpis/*.yml`, refusing a wrong
one with file, line and remedy. Does not belong here: what keeps a KPI from being SMART
(`smart.py`), and how a figure is computed: the semantic models and metrics themselves, which the
macros read.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.periods import GRAINS, Grain
from models.yaml_source import DeclarationError, Location, first_problem, read_yaml

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Descriptor = Literal[
    "quantitative",
    "qualitative",
    "leading",
    "lagging",
    "input",
    "output",
    "process",
    "practical",
    "directional",
    "actionable",
    "financial",
    "outcome",
]
LANGUAGES = ("zh-Hant", "zh-Hans", "vi")
REMEDY = "See docs/add-a-kpi.md for what a KPI declares."


class KpiError(DeclarationError):
    """A KPI that cannot be used as it is declared."""


class Declared(BaseModel):
    """Refuses what it does not know, so that a misspelt key is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Owner(Declared):
    """Who answers for the KPI, and the address for alerts."""

    team: Text
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Translations(Declared):
    """A text in the three languages beside English; one that is missing is named by `kpi lint`."""

    zh_hant: Text | None = Field(default=None, alias="zh-Hant")
    zh_hans: Text | None = Field(default=None, alias="zh-Hans")
    vi: Text | None = None

    def missing(self) -> list[str]:
        """The languages that it is not in."""
        said = (self.zh_hant, self.zh_hans, self.vi)
        return [language for language, text in zip(LANGUAGES, said, strict=True) if text is None]


class Reference(Declared):
    """A number to hold the KPI against, and where it is from."""

    value: Decimal
    source: Text


class Review(Declared):
    """When the definition and its target are looked at again."""

    date: dt.date
    cadence: Literal["monthly", "quarterly", "half-yearly", "yearly"]


class Variants(Declared):
    """Ways of computing one KPI that exclude each other, shown as a slice and never added up."""

    slice: Text
    metrics: dict[Text, Text] = Field(min_length=2)
    """The metric of each variant; the KPI's own name says which of them the total is."""


class KpiMeta(Declared):
    """What stands under `config.meta.kpi` of a published metric."""

    unit: Literal[
        "money",
        "money_per_day",
        "count",
        "ratio",
        "percent",
        "points",
        "pp",
        "multiple",
        "stars",
        "position",
        "hours",
        "days",
        "months",
    ]
    better: Literal["up", "down", "neutral"]
    kind: Literal["flow", "balance", "ratio", "stat", "distinct"]
    timing: Literal["lead", "lag"]
    goal: Text
    owner: Owner
    level: Literal["strategic", "tactical"]
    scope: Literal["organisation", "team", "individual"]
    descriptors: tuple[Descriptor, ...] = Field(min_length=1)
    slices: tuple[Text, ...] = ()
    variants: Variants | None = None
    labels: Translations = Field(default_factory=Translations)
    descriptions: Translations = Field(default_factory=Translations)
    baseline: Reference | None = None
    benchmark: Reference | None = None
    review: Review
    version: int = Field(ge=1)
    stale_after_hours: int = Field(default=48, ge=1)
    smallest_grain: Literal["day", "week", "month", "quarter"] = "day"
    """The KPI exists from this grain upwards."""
    per_month: bool = False
    """It is defined per month; a quarter and a year are of the sums over their months."""
    matures_after_days: int = Field(default=0, ge=0)
    """So many days after a period's end its figure is complete, and not before."""

    @property
    def grains(self) -> tuple[Grain, ...]:
        """The grains that the KPI exists in."""
        return GRAINS[GRAINS.index("month" if self.per_month else self.smallest_grain) :]


@dataclass(frozen=True)
class Kpi:
    """One published KPI: its metric's name and texts, and what it declares."""

    name: str
    label: str
    description: str
    type: str
    meta: KpiMeta
    file: Path
    line: int


def load_kpis(dbt_project: Path) -> dict[str, Kpi]:
    """Every published KPI under `dbt_project/models/kpis`, by name and in order of name.

    Raises:
        KpiError: a declaration cannot be used, or a KPI is declared twice.
    """
    found: dict[str, Kpi] = {}
    for file in sorted((dbt_project / "models" / "kpis").glob("**/*.yml")):
        for kpi in _kpis_of(file):
            if kpi.name in found:
                raise KpiError(
                    file,
                    kpi.line,
                    f"KPI {kpi.name!r} is also declared in {found[kpi.name].file}",
                    "Keep one of the two.",
                )
            found[kpi.name] = kpi
    return dict(sorted(found.items()))


def _kpis_of(file: Path) -> list[Kpi]:
    try:
        document, lines = read_yaml(file)
    except DeclarationError as error:
        raise KpiError(error.file, error.line, error.problem, error.remedy) from error
    metrics = document.get("metrics") if isinstance(document, dict) else None
    if metrics is not None and not isinstance(metrics, list):
        raise KpiError(file, lines.get(("metrics",)), "`metrics` is not a list", REMEDY)
    kpis = []
    for index, metric in enumerate(metrics or []):
        at: Location = ("metrics", index)
        if not isinstance(metric, dict) or not isinstance(metric.get("name"), str):
            raise KpiError(file, lines.get(at), "a metric without `name`", REMEDY)
        declared = _declared(metric)
        if declared is not None:
            kpis.append(_kpi(file, lines, at, metric, declared))
    return kpis


def _declared(metric: dict[str, Any]) -> object:
    """What stands under `config.meta.kpi`; None for a building block, which is no KPI."""
    inside: Any = metric
    for key in ("config", "meta"):
        inside = inside.get(key) if isinstance(inside, dict) else None
    return inside["kpi"] if isinstance(inside, dict) and "kpi" in inside else None


def _kpi(
    file: Path, lines: dict[Location, int], at: Location, metric: dict[str, Any], declared: object
) -> Kpi:
    line = lines.get((*at, "name")) or 0
    for text in ("label", "description", "type"):
        if not isinstance(metric.get(text), str) or not metric[text].strip():
            raise KpiError(file, line, f"KPI {metric['name']!r} has no `{text}`", REMEDY)
    try:
        meta = KpiMeta.model_validate(declared)
    except ValidationError as error:
        wrong = first_problem(error, file, lines, (*at, "config", "meta", "kpi"))
        remedy = wrong.remedy if wrong.remedy.startswith("Allowed") else REMEDY
        raise KpiError(
            file, wrong.line, f"KPI {metric['name']!r}: {wrong.problem}", remedy
        ) from error
    return Kpi(
        name=metric["name"],
        label=metric["label"],
        description=" ".join(metric["description"].split()),
        type=metric["type"],
        meta=meta,
        file=file,
        line=line,
    )
