"""Reads what dbt said of its own tests, and notices what it did not say.

Belongs here: comparing `run_results.json` with what `manifest.json` says there is to run. dbt's
exit code is not asked: it is zero when nothing was selected, and when a warning failed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.check.lineage import Lineage
from pipelines.check.result import MOST_SAMPLES, CheckResult, Outcome, Severity, crashed
from pipelines.landed_sources import history_table
from pipelines.run import Run

RESULTS = "dbt:results"
RAN = "Did dbt build every model, and ask at least one test?"
BUILT = ("model", "seed", "snapshot")
BUILT_WELL = ("success", "no-op")
OUTCOMES: Mapping[str, Outcome] = {
    "pass": "pass",
    "success": "pass",
    "warn": "warn",
    "fail": "fail",
}
# Columns that name a row or a place in the figures, and never a person.
SAFE_ENDINGS = ("_id", "_row_number", "_date", "_code", "_start", "_amount", "_count")
NEVER_SHOWN = ("owner_id",)
"""A person in the CRM."""
SAFE_NAMES = (
    "kpi", "grain", "slice", "slice_value", "platform", "account_class", "table_name",
    "column_name",
)  # fmt: skip


def expected_dbt_checks(run: Run, landed: Collection[str]) -> list[str]:
    """The names of the tests that dbt has to answer, from its manifest; and that it ran at all.

    Args:
        run: where dbt's manifest is.
        landed: the tables of the streams that have accepted landings.
    """
    manifest = _read(run.dbt_target / "manifest.json") or {}
    return [RESULTS, *(f"dbt:{unique_id}" for unique_id in asked_tests(manifest, landed))]


def asked_tests(manifest: Mapping[str, Any], landed: Collection[str]) -> list[str]:
    """The tests that have something to ask about, given the streams that have landings."""
    needless = tests_without_rows(manifest, landed)
    return [unique_id for unique_id in tests_of(manifest) if unique_id not in needless]


def tests_without_rows(manifest: Mapping[str, Any], landed: Collection[str]) -> set[str]:
    """The data tests of staging models only whose streams have no landing: there is no row to ask.

    As with the contract's checks, which are asked of streams that have landings. A test of anything
    that comes after staging is always asked, and so is a unit test.
    """
    nodes = manifest.get("nodes") or {}

    def is_without_rows(unique_id: str) -> bool:
        parents = _parents(nodes.get(unique_id) or {})
        return (
            _folder(nodes.get(unique_id) or {}) == "staging"
            and bool(parents)
            and all(
                _stream(parent) is not None and _stream(parent) not in landed for parent in parents
            )
        )

    return {
        unique_id
        for unique_id, node in nodes.items()
        if node.get("resource_type") == "test"
        and (parents := _parents(node))
        and all(map(is_without_rows, parents))
    }


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes") or ())


def _folder(node: Mapping[str, Any]) -> str:
    """The folder of a model below `models`."""
    return str((node.get("fqn") or ["", ""])[1])


def _stream(unique_id: str) -> str | None:
    """The stream whose landed rows a source is; None for what is no stream."""
    kind, *_, name = unique_id.split(".")
    stream = name.removesuffix(history_table(""))
    return stream if kind == "source" and "__" in stream else None


def tests_of(manifest: Mapping[str, Any]) -> list[str]:
    """Every enabled test and unit test of a manifest."""
    nodes = {
        unique_id: node
        for unique_id, node in (manifest.get("nodes") or {}).items()
        if node.get("resource_type") == "test"
    }
    nodes |= manifest.get("unit_tests") or {}
    return sorted(unique_id for unique_id, node in nodes.items() if _enabled(node))


def models_of(manifest: Mapping[str, Any]) -> list[str]:
    """Everything that dbt has to build."""
    return sorted(
        unique_id
        for unique_id, node in (manifest.get("nodes") or {}).items()
        if node.get("resource_type") in BUILT
        and _enabled(node)
        and (node.get("config") or {}).get("materialized") != "ephemeral"
    )


def check_dbt(run: Run, landed: Collection[str]) -> list[CheckResult]:
    """One result per test, one for dbt as a whole, and one for each model that was not built.

    Args:
        run: where dbt's manifest and results are.
        landed: the tables of the streams that have accepted landings.
    """
    manifest = _read(run.dbt_target / "manifest.json")
    answers = _read(run.dbt_target / "run_results.json")
    if manifest is None or answers is None:
        name = "manifest.json" if manifest is None else "run_results.json"
        why = f"{run.dbt_target / name} is missing or cannot be read: dbt did not come to its end"
        return [
            crashed(RESULTS, RAN, why, look="dbt's log in the same folder says where it stopped.")
        ]
    lineage = Lineage(manifest)
    given = [each for each in answers.get("results") or [] if isinstance(each, dict)]
    by_id = {str(each.get("unique_id")): each for each in given}
    repeated = {
        name for name, times in Counter(e.get("unique_id") for e in given).items() if times > 1
    }
    models, tests = models_of(manifest), asked_tests(manifest, landed)
    unbuilt = [
        unique_id
        for unique_id in models
        if unique_id in repeated or (by_id.get(unique_id) or {}).get("status") not in BUILT_WELL
    ]
    results = [_whole(models, tests, len(tests_of(manifest)) - len(tests), unbuilt)]
    results += [_unbuilt(lineage, unique_id, by_id.get(unique_id)) for unique_id in unbuilt]
    for unique_id in tests:
        answer = None if unique_id in repeated else by_id.get(unique_id)
        results.append(_test(lineage, unique_id, answer, run))
    return results


def _whole(models: list[str], tests: list[str], without: int, unbuilt: list[str]) -> CheckResult:
    if not models or not tests:
        missing = "model" if not models else "test"
        return crashed(RESULTS, RAN, f"dbt's manifest has no {missing}: nothing was proved")
    return CheckResult(
        id=RESULTS,
        asked=RAN,
        verdict="fail" if unbuilt else "pass",
        severity="block",
        rows=len(unbuilt),
        sample=tuple(unbuilt[:MOST_SAMPLES]),
        evidence={"models": len(models), "tests": len(tests), "tests_without_rows": without},
        look="The first model that failed explains the others." if unbuilt else "",
    )


def _unbuilt(lineage: Lineage, unique_id: str, answer: Mapping[str, Any] | None) -> CheckResult:
    why = "dbt said nothing of it, or more than once"
    if answer is not None:
        why = f"{answer.get('status')}: {answer.get('message') or 'an upstream model failed'}"
    return crashed(
        f"dbt:{unique_id}",
        "Was this model built?",
        why,
        table=lineage.table_of(unique_id),
        owner=lineage.owner_of(unique_id),
        look=str(lineage.nodes[unique_id].get("original_file_path") or ""),
    ).concerning(lineage.kpis_of(unique_id))


def _test(
    lineage: Lineage, unique_id: str, answer: Mapping[str, Any] | None, run: Run
) -> CheckResult:
    node = lineage.nodes[unique_id]
    config = node.get("config") or {}
    severity: Severity = "warn" if str(config.get("severity", "")).lower() == "warn" else "block"
    asked = str(node.get("description") or "") or f"Does `{node.get('name')}` hold?"
    status = str((answer or {}).get("status") or "missing")
    said = (answer or {}).get("message")
    verdict = OUTCOMES.get(status, "error")
    if verdict == "fail" and severity == "warn":
        verdict = "warn"
    failing = verdict in ("fail", "warn")
    failures = (answer or {}).get("failures")
    return CheckResult(
        id=f"dbt:{unique_id}",
        asked=asked,
        verdict=verdict,
        severity=severity,
        table=lineage.table_of(unique_id),
        rows=int(failures) if isinstance(failures, int) else None,
        sample=failing_keys(run, answer or {}) if failing else (),
        owner=lineage.owner_of(unique_id),
        evidence={} if verdict == "pass" else {"status": status, "said": said},
        look=str(node.get("original_file_path") or ""),
        kpis=lineage.kpis_of(unique_id),
    )


def failing_keys(run: Run, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """A few keys of the rows a test returned. A sample that cannot be had is no reason to fail."""
    sql = answer.get("compiled_code")
    if not sql or str(answer.get("unique_id", "")).startswith("unit_test."):
        return ()
    try:
        with duckdb.connect(str(run.candidate), read_only=True) as connection:
            found = connection.execute(f"select * from ({sql}) limit {MOST_SAMPLES}")
            names = [str(column[0]) for column in found.description or ()]
            rows = found.fetchall()
    except duckdb.Error:
        return ()
    safe = [
        place
        for place, name in enumerate(names)
        if name in SAFE_NAMES or (name.endswith(SAFE_ENDINGS) and name not in NEVER_SHOWN)
    ]
    return tuple(", ".join(f"{names[n]}={row[n]}" for n in safe) for row in rows if safe)


def _enabled(node: Mapping[str, Any]) -> bool:
    return (node.get("config") or {}).get("enabled", True) is not False


def _read(file: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
