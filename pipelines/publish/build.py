"""Builds the files of one release in a folder that nobody reads yet.

Belongs here: which files a release has, and the manifest that binds them. Does not belong here:
whether it may be made, and when it is seen (`release.py`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.contract import load_contracts
from pipelines.check.gate import Verdict
from pipelines.ledger import Ledger
from pipelines.publish import record
from pipelines.publish.digest import Digest, digest_of, digest_of_parts
from pipelines.publish.duckdb_target import (
    Stamp,
    bring_up_to_date,
    copy_table,
    drop_tables_but,
    published_tables,
    reading,
    write_record,
    writing,
)
from pipelines.publish.parent import FORMAT, Parent, parent_of
from pipelines.publish.parquet_target import file_name, prove_same, rows_of, write_parquet
from pipelines.publish.parts import (
    SCHEMA,
    WrongMart,
    declared_parts,
    digest_of_months,
    digests_by_month,
    months_of,
)
from pipelines.run import Run
from pipelines.set_aside import read_set_aside
from pipelines.settings import Settings
from pipelines.storage import file_digest, make_read_only

if TYPE_CHECKING:
    import duckdb

    from pipelines.land.landing import Landing

Definitions = Callable[[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Table:
    """A table of a release: what it holds, and what of it was written anew."""

    digest: Digest
    column: str | None = None
    """The day by whose month its rows are published; None where it has no parts."""
    months: Mapping[str, Digest] = field(default_factory=dict)
    unchanged: frozenset[str | None] = frozenset()
    """The months that are as in the release before; {None} of a table without parts."""


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
    frozen = plan.run.frozen_inputs()
    parent = parent_of(plan.settings, plan.ledger, frozen.get("parent_release"))
    tables, figures_sha256 = _write_mart(plan, mart, parent)
    _write_parquet(plan, mart, tables, parent)
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
    return digest_of_parts({table: sha256 for table, (_, sha256) in figures.items()})


def _write_mart(plan: Plan, mart: Path, parent: Parent | None) -> tuple[dict[str, Table], str]:
    """Write the mart; returns its tables, and the digest of all figures."""
    parts = declared_parts(plan.run.dbt_target / "manifest.json")
    begin_with = parent.mart if parent else None
    with writing(mart, plan.run.candidate, plan.settings.memory_limit, begin_with) as connection:
        names = published_tables(connection, "candidate")
        if "kpi_values" not in names:
            raise WrongMart(f"{plan.run.candidate} has no {SCHEMA}.kpi_values")
        stamp = Stamp(plan.number, plan.published_at, _checks_by_kpi(plan.verdict))
        drop_tables_but(connection, names)
        tables = {
            name: _write_table(connection, name, stamp, parts.get(name), parent) for name in names
        }
        figures_sha256 = figures_digest({name: table.digest for name, table in tables.items()})
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
            tables[each.name] = Table(digest_of(connection, f'mart.{SCHEMA}."{each.name}"'))
    shutil.rmtree(mart.with_name("spill"), ignore_errors=True)
    return tables, figures_sha256


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    stamp: Stamp,
    column: str | None,
    parent: Parent | None,
) -> Table:
    """Write what of a table is not in the mart already; its digests of old and new."""
    changed = bring_up_to_date(connection, name, column) if parent else None
    if changed is None:
        copy_table(connection, name, stamp, column)
    if column is None:
        known = parent.digest(name) if parent and changed is not None else None
        relation = f'mart.{SCHEMA}."{name}"'
        digest = known or digest_of(connection, relation, name, is_ordered=True)
        return Table(digest, unchanged=frozenset([None]) if known else frozenset())
    kept = parent.months(name) if parent and changed is not None else {}
    for month in months_of(changed or ()):
        kept.pop(month, None)
    months = digests_by_month(connection, name, column, kept, is_ordered=changed is None)
    return Table(digest_of_months(months), column, months, frozenset(kept))


def _write_parquet(
    plan: Plan, mart: Path, tables: Mapping[str, Table], parent: Parent | None
) -> None:
    """Write the closed mart as Parquet and prove it the same; what did not change is linked to."""
    with reading(mart, plan.settings.memory_limit) as connection:
        for name, table in tables.items():
            for month in table.months if table.column else (None,):
                file = mart.parent / file_name(name, month)
                before = parent.file(file_name(name, month)) if parent else None
                if before and month in table.unchanged:
                    _take_over(before, file)
                    continue
                relation = rows_of(name, table.column, month)
                write_parquet(connection, relation, file)
                prove_same(connection, relation, file)


def _take_over(before: Path, file: Path) -> None:
    """The same file in another release: neither is ever changed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(before, file)
    except OSError:
        # Not every file system has links.
        shutil.copyfile(before, file)


def _write_manifest(
    plan: Plan, staging: Path, tables: Mapping[str, Table], figures_sha256: str
) -> None:
    frozen = plan.run.frozen_inputs()
    files = sorted(file for file in staging.rglob("*") if file.is_file())
    manifest = {
        **plan.facts,
        "inputs_digest": plan.verdict.inputs_digest,
        "code_digest": frozen.get("code_digest"),
        "landings": frozen.get("landings", []),
        "figures_sha256": figures_sha256,
        "format": FORMAT,
        "tables": {name: _described(table) for name, table in tables.items()},
        "files": {str(file.relative_to(staging)): file_digest(file) for file in files},
    }
    _write_json(staging / "manifest.json", manifest)


def _described(table: Table) -> dict[str, Any]:
    rows, sha256 = table.digest
    months = {
        month: {"rows": rows, "sha256": sha256} for month, (rows, sha256) in table.months.items()
    }
    return {"rows": rows, "sha256": sha256} | ({"months": months} if table.column else {})


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
