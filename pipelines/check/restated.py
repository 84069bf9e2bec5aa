"""Do the complete periods of the release before have the figures that they had?

Belongs here: telling that figures of the past have changed, so that none changes in silence. Does
not belong here: why they have, which needs the rows behind both releases.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from pipelines.check.result import MOST_SAMPLES, CheckResult, judged
from pipelines.land import sql
from pipelines.run import Run
from pipelines.settings import Settings

RESTATED = "plausible:complete_periods_stand"
MOST_MONTHS = 24


def check_restated(
    candidate: duckdb.DuckDBPyConnection, settings: Settings, run: Run
) -> CheckResult:
    """Compare the totals of complete, settled periods with those of the release before."""
    parent = run.frozen_inputs().get("parent_release")
    mart = settings.releases / str(parent) / "mart.duckdb"
    if parent is None or not mart.is_file():
        return _answer([], {"compared_with": "nothing: there is no release before"})
    try:
        changed = _changed(candidate, mart)
    except duckdb.Error as error:
        # The one before is no reason to hold the next one: `kpi doctor` says what it has.
        problem = f"release {parent} cannot be read: {error}"
        return _answer([], {"problem": problem}, unknown=True)
    return _answer(changed, {"compared_with": f"release {parent}"})


def _changed(candidate: duckdb.DuckDBPyConnection, mart: Path) -> list[tuple[Any, ...]]:
    """The cells that differ: KPI, grain, first day, what it was, what it is; months first."""
    candidate.execute(f"ATTACH {sql.text(str(mart))} AS served (READ_ONLY)")
    try:
        return candidate.execute(
            """
            SELECT kpi, grain, period_start, old.value, new.value
            FROM served.kpi_mart.kpi_values AS old
            INNER JOIN kpi_mart.dim_kpi USING (kpi)
            LEFT JOIN kpi_mart.kpi_values AS new
                USING (kpi, grain, period_start, slice, slice_value)
            WHERE old.slice = 'total' AND old.is_complete AND NOT old.is_provisional
                AND old.value IS DISTINCT FROM new.value
            ORDER BY grain <> 'month', period_start, kpi, grain
            """
        ).fetchall()
    finally:
        candidate.execute("DETACH served")


def _answer(
    changed: list[tuple[Any, ...]], compared: dict[str, Any], *, unknown: bool = False
) -> CheckResult:
    months = [
        f"{kpi} {start:%Y-%m}: {now}, was {was}"
        for kpi, grain, start, was, now in changed
        if grain == "month"
    ]
    others = [f"{kpi} {grain} {start}: {now}, was {was}" for kpi, grain, start, was, now in changed]
    evidence = {**compared, **({"months": months[:MOST_MONTHS]} if months else {})}
    return CheckResult(
        id=RESTATED,
        asked="Do the complete periods of the release before have the figures they had?",
        verdict=judged(bool(changed) or unknown, "warn"),
        severity="warn",
        table="kpi_mart.kpi_values",
        rows=len(changed),
        sample=tuple((months or others)[:MOST_SAMPLES]),
        evidence=evidence,
        look="A late export, a correction of the past or another definition: `kpi explain` one of"
        " them, here and with the release before.",
        kpis=tuple(sorted({str(kpi) for kpi, *_ in changed})),
    )
