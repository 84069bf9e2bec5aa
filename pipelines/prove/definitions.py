"""What a release remembers of its definitions, so that its figures can be explained without dbt.

Belongs here: reading semantic models and metrics out of dbt's manifest, as JSON of our own. Does
not belong here: answering questions with them (`explain.py`). The SQL of the KPI tables comes from
the macros in `dbt_project/macros/kpi`; this reads the same definitions a second time, so that an
explanation that adds up to the published figure is a check of both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
LANDED = "landed"
STATS = ("median", "average", "min", "max")
"""Aggregations that are figures of single rows: the sum of some rows' values by their number."""
CHOICES = {"median": "median", "min": "min", "max": "max", "count_distinct": "distinct"}
"""Which rows of a period count cannot be said of one row alone."""
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[^A-Za-z_]+")
FILTERED_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*['\"]\w+?__(\w+)['\"]\s*\)\s*\}\}")


class UnknownDefinition(Exception):
    """The manifest names something that is not in it, or that this version cannot explain."""


def extract_definitions(manifest_path: Path) -> Json:
    """Everything `explain` needs to know of the KPIs, from dbt's `manifest.json`.

    Args:
        manifest_path: the manifest of the run that built the candidate.

    Returns:
        `kpis` (texts, and the expression of each part over components), `components` (which fact,
        by which date, what a row contributes, its keys, the landed tables upstream), `facts`.

    Raises:
        UnknownDefinition: a metric names a measure, dimension or metric that there is not.
    """
    return _Definitions(json.loads(manifest_path.read_text(encoding="utf-8"))).as_json()


class _Definitions:
    """One manifest, with its metrics and semantic models by name."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self.metrics = {m["name"]: m for m in manifest.get("metrics", {}).values()}
        self.semantic_models = {m["name"]: m for m in manifest.get("semantic_models", {}).values()}
        self.measures = {
            measure["name"]: (measure, model)
            for model in self.semantic_models.values()
            for measure in model["measures"]
        }
        self.components: dict[str, Json] = {}

    def as_json(self) -> Json:
        published = sorted(name for name, metric in self.metrics.items() if _kpi_meta(metric))
        kpis = {name: self._kpi(self.metrics[name]) for name in published}
        return {
            "kpis": kpis,
            "components": dict(sorted(self.components.items())),
            "facts": sorted({component["fact"] for component in self.components.values()}),
        }

    def _kpi(self, metric: Mapping[str, Any]) -> Json:
        meta = _kpi_meta(metric)
        variants = meta.get("variants") or {"slice": None, "metrics": {}}
        return {
            "label": metric["label"],
            "description": " ".join((metric["description"] or "").split()),
            **self._computed(metric["name"]),
            "meta": meta,
            "slices": meta.get("slices") or [],
            "variants": {
                value: {"slice": variants["slice"], **self._computed(name)}
                for value, name in variants["metrics"].items()
            },
            "per_month": bool(meta.get("per_month")),
        }

    def _computed(self, name: str) -> Json:
        """A metric's parts, and its formula for people."""
        over, under = self._fraction(name, earlier=False)
        if under is None:
            parts = [{"role": "value", **over}]
        else:
            parts = [{"role": "numerator", **over}, {"role": "denominator", **under}]
        return {"formula": " / ".join(part.pop("text") for part in parts), "parts": parts}

    def _fraction(self, name: str, earlier: bool) -> tuple[Json, Json | None]:
        """A metric as what is divided and what it is divided by; None where nothing is.

        A ratio of ratios is one fraction: (a / b) / (c / d) is (a * d) / (b * c), and nothing
        where d is 0.
        """
        metric = self._metric(name)
        if self._stat(metric):
            self._remember(metric)
            counted = self.components[name] | _of_rows(self.components[name])
            self.components[f"{name}__rows"] = counted
            return self._of_component(name, earlier), self._of_component(f"{name}__rows", earlier)
        if metric["type"] != "ratio":
            return self._expression(name, earlier), None
        (a, b), (c, d) = (
            self._fraction(given["name"], earlier or _is_earlier(given))
            for given in (metric["type_params"][role] for role in ("numerator", "denominator"))
        )
        over, under = _product(a, d), _product(c, b)
        if d is not None:
            under["sql"] = f"case when {d['sql']} = 0 then 0 else {under['sql']} end"
            under["columns"] = _each_once([*under["columns"], *d["columns"]])
        return over, under

    def _stat(self, metric: Mapping[str, Any]) -> bool:
        """Whether a metric is a figure of single rows, as a median is."""
        if metric["type"] not in ("simple", "cumulative"):
            return False
        asked = metric["type_params"]["measure"]["name"]
        return asked in self.measures and self.measures[asked][0]["agg"] in STATS

    def _of_component(self, name: str, earlier: bool) -> Json:
        column = f"{name}__earlier" if earlier else name
        return {
            "sql": f'"{column}"',
            "columns": [{"column": column, "component": name, "earlier": earlier}],
            "text": name + (" (one period earlier)" if earlier else ""),
        }

    def _expression(self, name: str, earlier: bool) -> Json:
        """A metric as SQL over named components; one of the period before ends in `__earlier`."""
        metric = self._metric(name)
        if metric["type"] in ("simple", "cumulative"):
            self._remember(metric)
            return self._of_component(name, earlier)
        if metric["type"] != "derived":
            raise UnknownDefinition(f"metric {name!r} of type {metric['type']!r} as an input")
        inputs: dict[str, Json] = {}
        for given in metric["type_params"]["metrics"]:
            alias = given.get("alias") or given["name"]
            inputs[alias] = self._expression(given["name"], earlier or _is_earlier(given))
        tokens = TOKEN.findall(metric["type_params"]["expr"])
        return {
            "sql": "".join(f"({inputs[t]['sql']})" if t in inputs else t for t in tokens),
            "columns": _each_once(used for part in inputs.values() for used in part["columns"]),
            "text": f"({''.join(inputs[t]['text'] if t in inputs else t for t in tokens)})",
        }

    def _metric(self, name: str) -> Mapping[str, Any]:
        if name not in self.metrics:
            raise UnknownDefinition(f"the manifest has no metric {name!r}")
        found: Mapping[str, Any] = self.metrics[name]
        return found

    def _remember(self, metric: Mapping[str, Any]) -> None:
        """Add the component that a simple or cumulative metric is."""
        name, asked = metric["name"], metric["type_params"]["measure"]
        if name in self.components:
            return
        if asked["name"] not in self.measures:
            raise UnknownDefinition(f"metric {name!r} names no known measure: {asked['name']!r}")
        measure, model = self.measures[asked["name"]]
        expressions = {d["name"]: d.get("expr") or d["name"] for d in model["dimensions"]}
        time = measure.get("agg_time_dimension") or model["defaults"]["agg_time_dimension"]
        meta = (model.get("config") or {}).get("meta") or {}
        grain_column, span = meta.get("grain_column"), meta.get("span") or {}
        filters = [
            FILTERED_DIMENSION.sub(lambda m: f"({expressions[m[1]]})", given["where_sql_template"])
            for holder in (metric, asked)
            for given in (holder.get("filter") or {}).get("where_filters") or []
        ]
        relation = model["node_relation"]
        keys = [entity.get("expr") or entity["name"] for entity in model["entities"]]
        window = _window_of(metric)
        behaviour = "balance" if metric["type"] == "cumulative" and not window else "flow"
        self.components[name] = {
            "fact": relation["alias"],
            "relation": f'"{relation["schema_name"]}"."{relation["alias"]}"',
            "behaviour": "per_grain" if grain_column else behaviour,
            "window_days": window,
            "choice": CHOICES.get(measure["agg"]),
            "time": span.get("start") or expressions[time],
            "until": span.get("end") or expressions[time],
            "grain_column": grain_column,
            "contribution": _contribution(measure, filters),
            "description": measure.get("description") or metric["description"],
            "keys": [
                key for key in dict.fromkeys([*keys, *expressions.values()]) if _is_column(key)
            ],
            "dimensions": expressions,
            "landed": sorted(self._landed_above(model["depends_on"]["nodes"])),
        }

    def _landed_above(self, nodes: Iterable[str]) -> Iterator[str]:
        """The landed tables that nodes are made from, however far up."""
        waiting, seen = list(nodes), set[str]()
        while waiting:
            unique_id = waiting.pop()
            if unique_id in seen:
                continue
            seen.add(unique_id)
            source = self.manifest.get("sources", {}).get(unique_id)
            if source and source["source_name"] == LANDED and "__" in source["name"]:
                yield source["name"]
            node = self.manifest.get("nodes", {}).get(unique_id) or {}
            waiting += node.get("depends_on", {}).get("nodes", [])


def _is_column(expression: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", expression) is not None


def _kpi_meta(metric: Mapping[str, Any]) -> Json:
    meta = ((metric.get("config") or {}).get("meta") or {}).get("kpi")
    return meta if isinstance(meta, dict) else {}


def _is_earlier(given: Mapping[str, Any]) -> bool:
    """Whether an input means the period before; `offset_window: 1 month` says so at every grain."""
    return bool(given.get("offset_window"))


def _each_once(columns: Iterable[Json]) -> list[Json]:
    return list({used["column"]: used for used in columns}.values())


def _product(one: Json, other: Json | None) -> Json:
    """Two expressions multiplied, with the scale of one; only the one where there is no other."""
    if other is None:
        return dict(one)
    return {
        "sql": f"cast(({one['sql']}) * ({other['sql']}) as decimal(38, 6))",
        "columns": _each_once([*one["columns"], *other["columns"]]),
        "text": f"({one['text']} * {other['text']})",
    }


def _of_rows(component: Mapping[str, Any]) -> Json:
    """What changes where the rows of a median or mean are counted and not their values summed."""
    return {
        "contribution": f"case when {component['contribution']} is not null then 1 end",
        "description": f"rows of: {component['description']}",
        "chosen_by": component["contribution"],
    }


def _window_of(metric: Mapping[str, Any]) -> int | None:
    """The days up to the period's end that a cumulative metric is of; None for all time."""
    window = (metric["type_params"].get("cumulative_type_params") or {}).get("window")
    return int(window["count"]) if window else None


def _contribution(measure: Mapping[str, Any], filters: list[str]) -> str:
    """What one row of the fact adds to the component; NULL where it has no part in it."""
    expression = f"({measure.get('expr') or measure['name']})"
    conditions = [f"({given})" for given in filters]
    if measure["agg"] == "sum" or measure["agg"] in STATS:
        added = f"cast({expression} as decimal(28, 6))"
    elif measure["agg"] == "count_distinct":
        added = f"cast({expression} as varchar)"
    elif measure["agg"] in ("count", "sum_boolean"):
        added = "1"
        conditions.insert(
            0, f"{expression} is not null" if measure["agg"] == "count" else expression
        )
    else:
        raise UnknownDefinition(f"measure {measure['name']!r} with agg {measure['agg']!r}")
    return f"case when {' and '.join(conditions)} then {added} end" if conditions else added
