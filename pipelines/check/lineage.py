"""Which KPIs a table, a landed stream or a test concerns, from dbt's own graph.

Knows dbt's manifest and nothing else; a KPI is a metric that says so in `config.meta.kpi`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any


class Lineage:
    """The graph of one manifest: what depends on what."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest
        groups = ("nodes", "sources", "metrics", "semantic_models", "unit_tests")
        self.nodes: dict[str, Mapping[str, Any]] = {
            unique_id: node
            for group in groups
            for unique_id, node in (manifest.get(group) or {}).items()
        }

    @classmethod
    def of_file(cls, file: Path) -> Lineage:
        """Read dbt's `manifest.json`; a missing or broken one has no nodes and concerns no KPI."""
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            manifest = {}
        return cls(manifest if isinstance(manifest, dict) else {})

    @cached_property
    def published(self) -> dict[str, str]:
        """The name of each metric that is a KPI, by its id in the graph."""
        return {
            unique_id: str(metric["name"])
            for unique_id, metric in (self.manifest.get("metrics") or {}).items()
            if _meta(metric).get("kpi")
        }

    def parents(self, unique_id: str) -> tuple[str, ...]:
        """What a node is made from."""
        node = self.nodes.get(unique_id, {})
        return tuple((node.get("depends_on") or {}).get("nodes") or ())

    def kpis_of(self, unique_id: str) -> tuple[str, ...]:
        """The KPIs that would be wrong if this model, source or test's tables were wrong."""
        if unique_id.partition(".")[0] in ("test", "unit_test"):
            named = {kpi for parent in self.parents(unique_id) for kpi in self.kpis_of(parent)}
            return tuple(sorted(named))
        below = self._reach(unique_id, self._children)
        found = {self.published[node] for node in below if node in self.published}
        if not found:
            # A KPI table is computed beside the metrics, from the same facts.
            found = {
                self.published[node]
                for fact in self._reach(unique_id, self._parents_by_id) & self._measured
                for node in self._reach(fact, self._children)
                if node in self.published
            }
        return tuple(sorted(found))

    def kpis_of_landed(self, table: str) -> tuple[str, ...]:
        """The KPIs computed from a landed stream."""
        return self._kpis_named(
            unique_id
            for unique_id, source in (self.manifest.get("sources") or {}).items()
            if source.get("source_name") == "landed" and source.get("name") == table
        )

    def kpis_of_table(self, table: str) -> tuple[str, ...]:
        """The KPIs that rest on a model's table, named `schema.table`."""
        name = table.rpartition(".")[2]
        return self._kpis_named(
            unique_id
            for unique_id, node in (self.manifest.get("nodes") or {}).items()
            if node.get("resource_type") == "model" and (node.get("alias") or node["name"]) == name
        )

    def table_of(self, unique_id: str) -> str:
        """The table a node makes, or a test asks about, as `schema.table`; empty if unknown."""
        node = self.nodes.get(unique_id, {})
        if node.get("resource_type") in ("test", "unit_test"):
            attached = node.get("attached_node") or node.get("tested_node_unique_id")
            about = attached or next(iter(self.parents(unique_id)), "")
            return self.table_of(about) if about != unique_id else ""
        name = node.get("alias") or node.get("identifier") or node.get("name") or ""
        return f"{node.get('schema', '')}.{name}" if name else ""

    def owner_of(self, unique_id: str) -> str:
        """Who owns a node, by its meta or its group."""
        node = self.nodes.get(unique_id, {})
        said = _meta(node).get("owner")
        group = (node.get("config") or {}).get("group") or node.get("group")
        if not said and group:
            for declared in (self.manifest.get("groups") or {}).values():
                if declared.get("name") == group:
                    said = (declared.get("owner") or {}).get("email")
        if isinstance(said, Mapping):
            said = said.get("email") or said.get("team")
        return str(said or "")

    def _kpis_named(self, unique_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({kpi for node in unique_ids for kpi in self.kpis_of(node)}))

    @cached_property
    def _measured(self) -> set[str]:
        models = self.manifest.get("semantic_models") or {}
        return {parent for unique_id in models for parent in self.parents(unique_id)}

    @cached_property
    def _parents_by_id(self) -> dict[str, tuple[str, ...]]:
        return {unique_id: self.parents(unique_id) for unique_id in self.nodes}

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        children: dict[str, list[str]] = {}
        for unique_id in self.nodes:
            for parent in self.parents(unique_id):
                children.setdefault(parent, []).append(unique_id)
        return {parent: tuple(found) for parent, found in children.items()}

    @staticmethod
    def _reach(start: str, edges: Mapping[str, tuple[str, ...]]) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            for following in edges.get(waiting.pop(), ()):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return seen


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found = (node.get("config") or {}).get("meta") or node.get("meta") or {}
    return found if isinstance(found, Mapping) else {}
