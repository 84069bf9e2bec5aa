"""Marts of tiny facts: what reads facts is built by dbt over a few rows that SQL made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from models.contract import load_contracts
from pipelines.landed_sources import write_landed_sources
from tests.integration.conftest import REPOSITORY

DBT_PROJECT = REPOSITORY / "dbt_project"


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
    write_landed_sources(load_contracts(REPOSITORY / "models" / "contracts"), DBT_PROJECT)
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build", "--select"]
    command += [*selected]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    command += ["--vars", "{as_of: '2026-03-11'}"]
    environment = {**os.environ, "KPI_CANDIDATE": str(database)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    results = json.loads((folder / "target" / "run_results.json").read_text("utf-8"))["results"]
    return SmallMart(database, {one["unique_id"].split(".")[2]: one["status"] for one in results})
