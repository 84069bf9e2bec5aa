"""The SQL of all models as dbt compiles it for an engine, without that engine being there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROFILES = """
kpi_mart:
  target: {engine}
  outputs:
    duckdb: {{type: duckdb, path: nowhere.duckdb, schema: kpi_mart}}
    spark: {{type: spark, method: session, host: NA, schema: kpi_mart}}
"""
# The profile asks for pyspark (half a gigabyte, and a JVM to run); compiling never calls it.
PROGRAM = """
import json, sys, types
sys.modules["pyspark"] = types.ModuleType("pyspark")
from dbt.cli.main import dbtRunner
result = dbtRunner().invoke(json.loads(sys.argv[1]))
sys.exit(0 if result.success else str(result.exception))
"""
VARIABLES = {
    "reporting_currency": "EUR",
    "time_zone": "Europe/Berlin",
    "week_start": "monday",
    "fiscal_year_start": 4,
    "calendar": "4-5-4",
    "as_of": "2026-07-01",
}


def start_compiling(
    project: Path, engine: str, folder: Path, select: str = "resource_type:model"
) -> subprocess.Popen[str]:
    """Begin to compile the dbt project at `project` for an engine; `compiled` waits for it."""
    folder.mkdir(parents=True)
    (folder / "profiles.yml").write_text(PROFILES.format(engine=engine), encoding="utf-8")
    command = [
        "compile",
        "--no-introspect",
        "--no-populate-cache",
        "--quiet",
        "--select",
        select,
    ]
    command += ["--vars", json.dumps(VARIABLES)]
    command += ["--project-dir", str(project), "--profiles-dir", str(folder)]
    command += ["--target-path", str(folder), "--log-path", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(command)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def compiled(process: subprocess.Popen[str], folder: Path) -> dict[str, str]:
    """The SQL by the model's name, of a compilation that was begun into a folder."""
    said, _ = process.communicate()
    assert process.returncode == 0, said
    models = folder / "compiled" / "kpi_mart" / "models"
    found = {file.stem: file.read_text(encoding="utf-8") for file in models.rglob("*.sql")}
    return {name: sql for name, sql in found.items() if sql.strip()}
