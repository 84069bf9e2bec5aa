"""Marts of tiny facts: what reads facts is built by dbt over a few rows that SQL made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.integration.conftest import build_models


@dataclass(frozen=True)
class SmallMart:
    """A candidate with a few facts, and what dbt answered."""

    database: Path
    answers: dict[str, str]

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def build_marts(folder: Path, facts: str, selected: Iterable[str]) -> SmallMart:
    """These models and tests over these facts. The run's day is 11 March 2026."""
    database = folder / "candidate.duckdb"
    with duckdb.connect(str(database)) as connection:
        days = Path(__file__).parent / "kpi_case_facts.sql"
        connection.execute(days.read_text("utf-8"))
        connection.execute(facts)
    build_models(database, selected)
    results = json.loads((folder / "target" / "run_results.json").read_text("utf-8"))["results"]
    return SmallMart(database, {one["unique_id"].split(".")[2]: one["status"] for one in results})
