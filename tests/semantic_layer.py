"""The KPIs as MetricFlow answers them from the definitions of a finished run.

Belongs here: how MetricFlow is asked, and a KPI's figures made of its answers: what is divided is
asked for by numerator and denominator, as MetricFlow divides in floating point. Which KPIs it
cannot answer stands in docs/semantic-layer.md. No figure here comes from a table of the KPI mart.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.errors.error_classes import InvalidQueryException
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

GRAINS = ("day", "week", "month", "quarter", "year")
Cells = dict[tuple[date, str], Fraction]
"""Amounts by the period's start and the slice's value."""


class Dialect:
    """What MetricFlow wants to know of a database for writing SQL, without a connection."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class CannotAsk(Exception):
    """MetricFlow has no query for this."""


@dataclass(frozen=True)
class Kpi:
    """A published KPI, and what it is made of."""

    name: str
    kind: str
    slices: tuple[str, ...]
    variants: Mapping[str, str]
    """Metrics that are the same KPI computed in another way, by the value of their slice."""
    variants_slice: str
    grains: tuple[str, ...]


@dataclass
class Definitions:
    """The definitions, as dbt wrote them into the folder of a run."""

    metrics: dict[str, Any]
    models: dict[str, Any]
    """Semantic models by the measures in them."""

    @classmethod
    def of_run(cls, folder: Path) -> Definitions:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        models = manifest["semantic_models"].values()
        return cls(
            {metric["name"]: metric for metric in manifest["metrics"].values()},
            {measure["name"]: model for model in models for measure in model["measures"]},
        )

    def kpis(self) -> list[Kpi]:
        found = []
        for name, metric in sorted(self.metrics.items()):
            if meta := metric["config"]["meta"].get("kpi"):
                smallest = "month" if meta.get("per_month") else meta.get("smallest_grain", "day")
                grains = GRAINS[GRAINS.index(smallest) :]
                slices = tuple(meta.get("slices") or ())
                variants = meta.get("variants") or {"metrics": {}, "slice": ""}
                found.append(
                    Kpi(name, meta["kind"], slices, variants["metrics"], variants["slice"], grains)
                )
        return found

    def leaves(self, name: str) -> set[str]:
        """The simple and cumulative metrics that a metric is made of."""
        inputs = self.inputs(name)
        if not inputs:
            return {name}
        return set().union(*(self.leaves(each["name"]) for each in inputs))

    def inputs(self, name: str) -> list[Any]:
        params = self.metrics[name]["type_params"]
        divided = [params.get("numerator"), params.get("denominator")]
        return [each for each in (params.get("metrics") or []) + divided if each]

    def model_of(self, leaf: str) -> Any:
        return self.models[self.metrics[leaf]["type_params"]["measure"]["name"]]

    def divided(self, name: str) -> tuple[list[str], list[str]]:
        """The metrics multiplied above and below the line; nothing below what is not divided."""
        params = self.metrics[name]["type_params"]
        if self.metrics[name]["type"] != "ratio":
            return [name], []
        over, under = (self.divided(params[part]["name"]) for part in ("numerator", "denominator"))
        return over[0] + under[1], over[1] + under[0]


@dataclass
class SemanticLayer:
    """MetricFlow over the definitions and the candidate or release of a run."""

    definitions: Definitions
    engine: MetricFlowEngine
    connection: duckdb.DuckDBPyConnection
    days: tuple[datetime, datetime]
    """The first and the last that is asked about: the calendar knows decades."""
    answers: dict[tuple[str, str, str], Cells | CannotAsk] = field(default_factory=dict)

    @classmethod
    def of_run(cls, folder: Path, database: Path) -> SemanticLayer:
        text = (folder / "semantic_manifest.json").read_text(encoding="utf-8")
        lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(text))
        connection = duckdb.connect()
        # The name under which dbt knew the tables.
        connection.execute(f"attach '{database}' as candidate (read_only)")
        connection.execute("set threads = 1")
        # As for dbt: some versions return wrong rows from branches of a union that share a join.
        connection.execute("set disabled_optimizers = 'common_subplan'")
        days = connection.execute(
            """select min(period_start)::timestamp, max(period_end)::timestamp
            from candidate.kpi_mart.kpi_values where grain = 'year'"""
        ).fetchone()
        assert days is not None
        engine = MetricFlowEngine(lookup, Dialect())  # type: ignore[arg-type]
        return cls(Definitions.of_run(folder), engine, connection, days)

    def amounts(self, metric: str, grain: str, slice_: str) -> Cells:
        """A metric by period and value of a slice; the values of `total` are ''."""
        answer = self.answers.get((metric, grain, slice_))
        if answer is None:
            self.ask([metric], grain, slice_)
            answer = self.answers[metric, grain, slice_]
        if isinstance(answer, CannotAsk):
            raise answer
        return answer

    def ask_together(self, kpis: Iterable[Kpi]) -> None:
        """Ask for all that KPIs are made of, in one query for the metrics of one semantic model."""
        wanted: dict[tuple[str, str, frozenset[str]], set[str]] = defaultdict(set)
        for kpi in kpis:
            asked = [(kpi.name, slice_) for slice_ in ("total", *kpi.slices)]
            for name, slice_ in asked + [(variant, "total") for variant in kpi.variants.values()]:
                over, under = self.definitions.divided(name)
                for metric in over + under:
                    leaves = self.definitions.leaves(metric)
                    models = frozenset(self.definitions.model_of(leaf)["name"] for leaf in leaves)
                    for grain in kpi.grains:
                        wanted[grain, slice_, models].add(metric)
        for (grain, slice_, _), metrics in wanted.items():
            self.ask(sorted(metrics), grain, slice_)

    def ask(self, metrics: Sequence[str], grain: str, slice_: str) -> None:
        """Ask for several metrics in one query, and remember the answers."""
        try:
            self.connection.execute(self.sql(metrics, grain, slice_))
            rows = self.connection.fetchall()
        except (CannotAsk, InvalidQueryException, duckdb.Error) as refused:
            if len(metrics) > 1:
                for metric in metrics:
                    self.ask([metric], grain, slice_)
            else:
                told = " ".join(str(refused).split())
                self.answers[metrics[0], grain, slice_] = CannotAsk(told[:400])
            return
        # The columns of metrics come in an order of MetricFlow's own.
        places = {column[0]: place for place, column in enumerate(self.connection.description)}
        for metric in metrics:
            cells: Cells = {}
            for row in rows:
                if row[0] is not None and (amount := row[places[metric]]) is not None:
                    value = "" if slice_ == "total" else (row[1] or "(none)")
                    cells[_day(row[0]), value] = _exact(amount)
            self.answers[metric, grain, slice_] = cells

    def sql(self, metrics: Sequence[str], grain: str, slice_: str) -> str:
        """The query that MetricFlow writes."""
        models = [
            self.definitions.model_of(leaf)
            for each in metrics
            for leaf in self.definitions.leaves(each)
        ]
        entities = sorted({_primary_entity(model) for model in models})
        if slice_ != "total" and len(entities) > 1:
            raise CannotAsk(f"the slice has a name for each of {', '.join(entities)}")
        by = [f"metric_time__{grain}"] + ([f"{entities[0]}__{slice_}"] if slice_ != "total" else [])
        per_grain = [bool(model["config"]["meta"].get("grain_column")) for model in models]
        only = None
        if all(per_grain):
            only = [f"{{{{ Dimension('{entity}__grain') }}}} = '{grain}'" for entity in entities]
        elif any(per_grain):
            raise CannotAsk("a condition on the grain would hold for all inputs")
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=by,
            where_constraints=only,
            time_constraint_start=self.days[0],
            time_constraint_end=self.days[1],
        )
        return str(self.engine.explain(request).sql_statement.sql)

    def figures(self, kpi: Kpi, grain: str, slice_: str) -> tuple[Cells, Cells | None]:
        """What a KPI is above and below the line; nothing below where nothing is divided."""
        if slice_ != kpi.variants_slice:
            return self._figures(kpi.name, grain, slice_)
        above: Cells = {}
        below: Cells = {}
        for value, variant in kpi.variants.items():
            over, under = self._figures(variant, grain, "total")
            above.update({(start, value): amount for (start, _), amount in over.items()})
            below.update({(start, value): amount for (start, _), amount in (under or {}).items()})
        return above, below if self.definitions.divided(kpi.name)[1] else None

    def _figures(self, metric: str, grain: str, slice_: str) -> tuple[Cells, Cells | None]:
        over, under = self.definitions.divided(metric)
        above = self._product(over, grain, slice_)
        return above, self._product(under, grain, slice_) if under else None

    def _product(self, metrics: Iterable[str], grain: str, slice_: str) -> Cells:
        first, *others = (self.amounts(metric, grain, slice_) for metric in metrics)
        for other in others:
            first = {cell: first[cell] * other[cell] for cell in first.keys() & other.keys()}
        return first


def _primary_entity(model: Mapping[str, Any]) -> str:
    """What the names of a semantic model's own dimensions begin with."""
    own = (str(each["name"]) for each in model["entities"] if each["type"] == "primary")
    return str(model["primary_entity"] or next(own))


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _exact(amount: Decimal | int | float) -> Fraction:
    # Medians come as floating point; six decimals are what was put in.
    return Fraction(round(Decimal(amount), 6) if isinstance(amount, float) else amount)
