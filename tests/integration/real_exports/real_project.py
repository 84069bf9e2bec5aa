"""Projects of their own in which real exports are run, and where the exports are.

A project is the repository's contracts, SQL and suites, and what a person adds to them by
docs/add-a-source.md: a contract, staging models with their tests, and one line in the family.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines import flow
from pipelines.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = Path(__file__).parent / "sources"
EXPORTS = Path(os.environ.get("KPI_REAL_EXPORTS") or REPOSITORY.parent / "shared" / "data")

# The one line that names each staging model in its family.
LINES = {
    "ravenstack": {"int_finance__subscriptions_unioned": "stg_ravenstack__subscriptions"},
    "online_retail": {"int_finance__invoice_lines_unioned": "stg_online_retail__invoice_lines"},
    "adventureworks": {
        "int_finance__journal_lines_unioned": "stg_adventureworks__finance_facts",
        "int_finance__accounts_unioned": "stg_adventureworks__accounts",
    },
}


@dataclass(frozen=True)
class Mart:
    """What a run published, and how the run ended."""

    settings: Settings
    outcome: flow.Outcome

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a question to the mart."""
        with duckdb.connect(str(self.settings.current / "mart.duckdb"), read_only=True) as mart:
            return mart.execute(sql, list(values)).fetchall()

    def kpi(self, kpi: str, grain: str, period: str, slice_: str = "total", value: str = "") -> Any:
        """The KPI's value in the period that begins on a day; None where the mart has none."""
        found = self.query(
            """select value from kpi_mart.kpi_values
            where (kpi, grain, period_start, slice, slice_value) = (?, ?, cast(? as date), ?, ?)""",
            *(kpi, grain, period, slice_, value),
        )
        return found[0][0] if found else None

    def kpi_over_years(self, kpi: str) -> Any:
        """A sum over all years, of the KPI as published."""
        return self.query(
            """select sum(value) from kpi_mart.kpi_values
            where kpi = ? and grain = 'year' and slice = 'total'""",
            kpi,
        )[0][0]


RunExports = Callable[..., Mart]


def make_project(to: Path, sources: Sequence[str]) -> None:
    """Copy what the product ships, and add sources to it in the way the documentation tells."""
    generated = shutil.ignore_patterns("target", "logs", "dbt_packages", "__pycache__")
    for folder in ("models", "dbt_project", "expectations"):
        shutil.copytree(REPOSITORY / folder, to / folder, ignore=generated)
    models = to / "dbt_project" / "models"
    for source in sources:
        own = SOURCES / source
        shutil.copy(own / "contract" / f"{source}.yml", to / "models" / "contracts" / "finance")
        shutil.copytree(own / "staging", models / "staging" / source)
        for family, staging in LINES[source].items():
            name_in_family(next(models.rglob(f"{family}.sql")), staging)


def name_in_family(file: Path, staging: str) -> None:
    """Add a staging model to the list of its family."""
    text = file.read_text(encoding="utf-8")
    longer = re.sub(r"\n?,?\n?\] -%\}", f", ref('{staging}')] -%}}", text, count=1)
    assert longer != text, f"no list of relations in {file}"
    file.write_text(longer, encoding="utf-8")


def change(file: Path, before: str, after: str) -> None:
    """Change the one place in a file where `before` stands."""
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
    file.write_text(text.replace(before, after), encoding="utf-8")


def exactly(text: str) -> Decimal:
    """A figure of the exports' own documentation, as the mart holds it."""
    return Decimal(text.replace(",", "")).quantize(Decimal("0.000001"))
