"""Builds the files of one release in a folder that nobody reads yet.

Belongs here: which files a release has, and the manifest that binds them. Does not belong here:
whether it may be made, and when it is seen (`release.py`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import load_contracts
from pipelines.check.gate import Verdict
from pipelines.ledger import Ledger
from pipelines.publish import record
from pipelines.publish.duckdb_target import (
    SCHEMA,
    Stamp,
    WrongMart,
    copy_table,
    digest_of,
    published_tables,
    reading,
    write_record,
    writing,
)
from pipelines.publish.parquet_target import prove_same, write_parquet
from pipelines.run import Run
from pipelines.set_aside import read_set_aside
from pipelines.settings import Settings
from pipelines.storage import file_digest, make_read_only

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

Definitions = Callable[[Path], Mapping[str, Any]]
Digest = tuple[int, str]
"""How many rows, and the SHA-256 of their canonical text."""


@dataclass(frozen=True)
class Plan:
    """What a release is made from."""

    settings: Settings
    ledger: Ledger
    run: Run
    verdict: Verdict
    landings: Sequence[Landing]
    number: int
    published_at: str

    @property
    def facts(self) -> dict[str, Any]:
        """What a release says of itself, in its manifest and in the ledger."""
        frozen = self.run.frozen_inputs()
        return {
            "release": self.number,
            "run_id": self.run.run_id,
            "parent_release": frozen.get("parent_release"),
            "published_at": self.published_at,
            "as_of": frozen.get("as_of"),
            "checks_passed": self.verdict.passed,
            "checks_total": self.verdict.total,
            "candidate_sha256": self.verdict.candidate_sha256,
        }


def build_release(plan: Plan, staging: Path, definitions: Definitions | None) -> None:
    """Write every file of a release, the manifest last, and take the right to write from all.

    Raises:
        WrongMart: what was written is not what the candidate holds.
    """
    staging.mkdir()
    mart = staging / "mart.duckdb"
    tables, figures_sha256 = _write_mart(plan, mart)
    _write_parquet(plan, mart, staging / "parquet")
    # Once more: what was copied must be what was checked, also if it changed in between.
    if file_digest(plan.run.candidate) != plan.verdict.candidate_sha256:
        raise WrongMart(f"{plan.run.candidate} was changed while it was published. Run again.")
    shutil.copyfile(plan.run.verdict, staging / "verdict.json")
    said = definitions(plan.run.dbt_target / "manifest.json") if definitions else {}
    _write_json(staging / "definitions.json", said)
    logs = sorted(staging.rglob("*.wal"))
    if logs:
        raise WrongMart(f"{logs[0]} was left behind: the mart was not closed")
    _write_manifest(plan, staging, tables, figures_sha256)
    make_read_only(staging)
    # The folder itself stays writable, for the renaming that gives it its number.
    staging.chmod(0o755)


def figures_digest(figures: Mapping[str, Digest]) -> str:
    """One SHA-256 of all figures: of the lines `table digest`, in order of name.

    The record of the run (checks, releases, …) is not part of it: the same exports give the same
    digest, whenever and however often they are computed.
    """
    lines = [f"{table} {figures[table][1]}\n" for table in sorted(figures)]
    return sha256("".join(lines).encode()).hexdigest()


def _write_mart(plan: Plan, mart: Path) -> tuple[dict[str, Digest], str]:
    """Write the mart; returns every table's digest, and that of all figures."""
    with writing(mart, plan.run.candidate, plan.settings.memory_limit) as connection:
        names = published_tables(connection, "candidate")
        if "kpi_values" not in names:
            raise WrongMart(f"{plan.run.candidate} has no {SCHEMA}.kpi_values")
        stamp = Stamp(plan.number, plan.published_at, _checks_by_kpi(plan.verdict))
        tables: dict[str, Digest] = {}
        for table in names:
            copy_table(connection, table, stamp)
            tables[table] = digest_of(
                connection, f'mart.{SCHEMA}."{table}"', table, is_ordered=True
            )
        figures_sha256 = figures_digest(tables)
        streams = load_contracts(plan.settings.project / "models" / "contracts")
        aside = read_set_aside(plan.settings, streams, plan.ledger)
        for each in (
            record.checks(plan.verdict, plan.number),
            record.reconciliations(plan.verdict),
            record.landings_of(connection),
            record.quarantine_summary(aside),
            record.quarantine_money(aside),
            record.releases(plan.ledger, {**plan.facts, "figures_sha256": figures_sha256}),
        ):
            if each.name in tables:
                raise WrongMart(f"{SCHEMA}.{each.name} is made when publishing; rename the model")
            write_record(connection, each)
            tables[each.name] = digest_of(connection, f'mart.{SCHEMA}."{each.name}"')
    shutil.rmtree(mart.with_name("spill"), ignore_errors=True)
    return tables, figures_sha256


def _write_parquet(plan: Plan, mart: Path, folder: Path) -> None:
    """Write every table of the closed mart as Parquet, and prove it the same."""
    with reading(mart, plan.settings.memory_limit) as connection:
        for table in published_tables(connection, "mart"):
            prove_same(connection, table, write_parquet(connection, table, folder))


def _write_manifest(
    plan: Plan, staging: Path, tables: Mapping[str, Digest], figures_sha256: str
) -> None:
    frozen = plan.run.frozen_inputs()
    files = sorted(file for file in staging.rglob("*") if file.is_file())
    manifest = {
        **plan.facts,
        "inputs_digest": plan.verdict.inputs_digest,
        "code_digest": frozen.get("code_digest"),
        "landings": frozen.get("landings", []),
        "figures_sha256": figures_sha256,
        "tables": {name: {"rows": rows, "sha256": found} for name, (rows, found) in tables.items()},
        "files": {str(file.relative_to(staging)): file_digest(file) for file in files},
    }
    _write_json(staging / "manifest.json", manifest)


def _checks_by_kpi(verdict: Verdict) -> dict[str, tuple[int, int]]:
    """How many checks of each KPI passed, and were asked."""
    counts: dict[str, tuple[int, int]] = {}
    for result in verdict.results:
        for kpi in result.kpis:
            passed, asked = counts.get(kpi, (0, 0))
            counts[kpi] = (passed + result.passed, asked + 1)
    return counts


def _write_json(file: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
