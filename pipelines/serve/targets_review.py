"""How often each target was met, and what to think of one that always or never was.

Belongs here: asking the served release. Does not belong here: how a value is judged
(`dbt_project/macros/kpi/kpi_status.sql`), how the review looks (`screen_targets.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import duckdb

FEWEST_JUDGED = 4
"""With fewer judged months a target has not been tried long enough to say anything of it."""


@dataclass(frozen=True)
class Quarter:
    """How often a KPI's monthly target was met in a quarter."""

    quarter_start: date
    met: int
    judged: int


@dataclass(frozen=True)
class Review:
    """One KPI's monthly targets over the last thirteen months."""

    kpi: str
    owner: str
    met: int
    judged: int
    quarters: tuple[Quarter, ...]
    verdict: Literal["always", "never", "sometimes", "too_few"]
    proposed: Decimal | None
    """Of one always met what the worst month reached, of one never met what the best one did."""
    proposal: str


def review_targets(mart: duckdb.DuckDBPyConnection) -> list[Review]:
    """Every KPI whose months were held against a target, by name."""
    rows = mart.execute(
        """
        select
            figures.kpi, figures.owner, figures.better, days.quarter_start_date,
            figures.status = 'on_track', figures.value
        from kpi_mart.kpi_latest as figures
        inner join kpi_mart.dim_date as days on figures.period_start = days.date_day
        where
            figures.grain = 'month' and figures.slice = 'total'
            and figures.status in ('on_track', 'at_risk', 'off_track')
        order by figures.kpi, figures.period_start
        """
    ).fetchall()
    by_kpi: dict[str, list[tuple[str, str, date, bool, Decimal]]] = {}
    for kpi, *said in rows:
        by_kpi.setdefault(kpi, []).append(tuple(said))
    return [_review(kpi, months) for kpi, months in by_kpi.items()]


def _review(kpi: str, months: list[tuple[str, str, date, bool, Decimal]]) -> Review:
    owner, better, *_ = months[-1]
    starts = sorted({quarter for _, _, quarter, _, _ in months})
    quarters = tuple(
        Quarter(
            start,
            sum(met for _, _, quarter, met, _ in months if quarter == start),
            sum(quarter == start for _, _, quarter, _, _ in months),
        )
        for start in starts
    )
    met, judged = sum(one.met for one in quarters), len(months)
    values = [value for *_, value in months]
    lowest, highest = min(values), max(values)
    if judged < FEWEST_JUDGED:
        return Review(kpi, owner, met, judged, quarters, "too_few", None, "")
    if met == judged:
        easiest = {"up": lowest, "down": highest}.get(better)
        said = "It was met every month: ask for more than what the worst month reached."
        return Review(kpi, owner, met, judged, quarters, "always", easiest, said)
    if met == 0:
        nearest = {"up": highest, "down": lowest}.get(better)
        said = "It was never met: begin with what the best month reached, or say what is to change."
        return Review(kpi, owner, met, judged, quarters, "never", nearest, said)
    return Review(kpi, owner, met, judged, quarters, "sometimes", None, "")
