"""What a candidate took over, held against the SQL of the whole table over the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

FACTS = ("fct_ad_performance", "fct_ad_breakdown")


def compiled_sql(results_file: Path) -> dict[str, str]:
    """The SQL of whole tables, as dbt compiled it."""
    results = json.loads(results_file.read_text("utf-8"))["results"]
    return {one["unique_id"].split(".")[-1]: one["compiled_code"] for one in results}


def differences(candidate: Path, results_file: Path | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows in which an ad fact differs from what its SQL makes of the same inputs at once."""
    sql = compiled_sql(results_file or candidate.with_name("run_results.json"))
    with duckdb.connect(str(candidate), read_only=True) as connection:
        for fact in FACTS:
            columns = ", ".join(
                r[0] for r in connection.execute(f"describe kpi_mart.{fact}").fetchall()
            )
            kept, anew = (
                f"select {columns} from kpi_mart.{fact}",
                f"select {columns} from ({sql[fact]})",
            )
            for one, other in ((kept, anew), (anew, kept)):
                yield from connection.execute(f"({one}) except all ({other})").fetchall()


def changed_days(candidate: Path) -> set[date]:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        ranges = connection.execute("from intermediate.int_ads__changed_days").fetchall()
    return {
        first + timedelta(days=n) for first, last in ranges for n in range((last - first).days + 1)
    }
