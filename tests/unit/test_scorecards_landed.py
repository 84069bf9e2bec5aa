"""Scorecards and key results as the candidate has them: what is declared, and nothing else."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.scorecard import ScorecardError, load_scorecards
from pipelines.land.load_rules import create_landed_views
from pipelines.landed_sources import FACTS
from pipelines.run import code_digest

COMPANY = """
scorecard: company
label: The company
description: How it does.
owner: {team: Board, email: board@example.com}
grain: quarter
score_by: progress
measures:
  - {perspective: financial, kpi: revenue, weight: 0.7}
  - {perspective: customer, kpi: nps, weight: 0.3}
objectives:
  - name: grow
    label: Grow
    description: More of it.
    owner: {team: Sales, email: sales@example.com}
    starts: 2026-01-01
    ends: 2026-12-31
    key_results:
      - {kpi: nps, baseline: -12.25, target: 30, weight: 0.333333}
      - {kpi: leads, slice: city, slice_value: Bonn, baseline: 0, target: 900, weight: 0.666667}
"""


def declared(folder: Path, text: str = COMPANY) -> Path:
    """A folder of scorecards with this one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "company.yml").write_text(text, encoding="utf-8")
    return folder


def landed(folder: Path, table: str) -> list[tuple[Any, ...]]:
    """What a candidate has of the folder's scorecards."""
    with duckdb.connect() as connection:
        cards = load_scorecards(folder).values()
        create_landed_views(connection, {}, [], folder, scorecards=cards)
        return connection.execute(f"from landed.{table} order by all").fetchall()


def test_measures_and_key_results_are_landed_as_declared(tmp_path: Path) -> None:
    folder = declared(tmp_path)
    card = ("company", "The company", "How it does.", "Board", "quarter", "progress")
    assert landed(folder, "scorecard_measures") == [
        (*card, 1, "financial", "revenue", Decimal("0.7")),
        (*card, 2, "customer", "nps", Decimal("0.3")),
    ]
    aim = ("company", "quarter", "grow", "Grow", "More of it.", "Sales")
    year = (date(2026, 1, 1), date(2026, 12, 31))
    assert landed(folder, "key_results") == [
        (*aim, *year, 1, "nps", "total", "", Decimal("-12.25"), 30, Decimal("0.333333")),
        (*aim, *year, 2, "leads", "city", "Bonn", 0, 900, Decimal("0.666667")),
    ]


@pytest.mark.parametrize("table", ["scorecard_measures", "key_results"])
def test_without_a_scorecard_the_tables_are_empty_and_every_column_is_described(
    tmp_path: Path, table: str
) -> None:
    assert landed(tmp_path / "none", table) == []
    with duckdb.connect() as connection:
        create_landed_views(connection, {}, [], tmp_path)
        comments = connection.execute(
            "select column_name, comment from duckdb_columns() where table_name = ?", [table]
        ).fetchall()
    assert dict(comments) == FACTS[table].columns


def test_a_baseline_with_more_decimals_than_a_figure_has_is_refused(tmp_path: Path) -> None:
    folder = declared(tmp_path, COMPANY.replace("-12.25", "0.1234567"))
    with pytest.raises(ScorecardError, match=r"company\.yml:\d+: .*baseline.*6 decimal"):
        load_scorecards(folder)


def test_a_weight_that_is_changed_is_a_new_run(tmp_path: Path) -> None:
    """Figures are scored by it: a release of the same exports is another one."""
    declared(tmp_path / "models" / "scorecards")
    before = code_digest(tmp_path)
    declared(tmp_path / "models" / "scorecards", COMPANY.replace("0.7}", "0.8}"))
    changed = code_digest(tmp_path)
    shutil.rmtree(tmp_path / "models")
    assert len({before, changed, code_digest(tmp_path)}) == 3
