"""Are the figures believable: none missing, none that is no number, none far from its own past?

Belongs here: questions about a table's own figures that no single KPI's definition holds. Bounds of
single KPIs (a rate between 0 and 1) stand in `expectations/suites/kpi_values.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

import duckdb

from models.contract import Stream
from pipelines.check.contract_checks import by_table
from pipelines.check.lineage import Lineage
from pipelines.check.result import MOST_SAMPLES, CheckResult, judged

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

COMPLETE = "plausible:no_figure_is_missing"
NUMBERS = "plausible:every_number_is_one"
MONTHS = 6
FEWEST = 4
"""Fewer past values than this say nothing about what is usual."""
RECENT = 7
"""An export is compared with so many before it: a stream may have gone from monthly to daily."""
LOWEST, HIGHEST = Decimal("0.2"), Decimal(5)
USUAL = "between 20 % and 500 % of the median of those before"


def expected_plausibility(
    candidate: duckdb.DuckDBPyConnection, landings: Sequence[Landing]
) -> list[str]:
    """The names of the questions that have to be answered for this candidate."""
    levels = [f"plausible:level:{kpi}" for kpi in _levels(candidate)]
    volumes = [f"plausible:volume:{table}" for table in _volumes(landings)]
    return [COMPLETE, NUMBERS, *levels, *volumes]


def check_plausibility(
    candidate: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    lineage: Lineage,
) -> list[CheckResult]:
    """Answer every question about the candidate's figures and the landings' sizes."""
    results = [no_figure_is_missing(candidate), every_number_is_one(candidate)]
    results += [_level(kpi, values) for kpi, values in _levels(candidate).items()]
    for table, rows in _volumes(landings).items():
        answer = _volume(streams[table], rows)
        results.append(answer.concerning(lineage.kpis_of_landed(table)))
    return results


def no_figure_is_missing(candidate: duckdb.DuckDBPyConnection) -> CheckResult:
    """A flow's total is there for every period: nothing happened is 0, and a gap is a fault."""
    found = candidate.execute(
        """
        with flows as (
            select kpi, grain, period_start, value
            from kpi_mart.kpi_values
            inner join kpi_mart.dim_kpi using (kpi)
            where kind = 'flow' and slice = 'total'
        ),
        gaps as (
            select
                kpi, grain, period_start,
                lead(period_start) over (partition by kpi order by period_start) as following
            from flows where grain = 'day'
        )
        select kpi, grain, period_start from flows where value is null
        union all
        select kpi, grain, period_start + 1 from gaps where following > period_start + 1
        order by kpi, grain, period_start
        """
    ).fetchall()
    return CheckResult(
        id=COMPLETE,
        asked="Does every flow have a figure in every period?",
        verdict=judged(bool(found), "block"),
        severity="block",
        table="kpi_mart.kpi_values",
        rows=len(found),
        sample=tuple(f"{kpi} {grain} {start}" for kpi, grain, start in found[:MOST_SAMPLES]),
        look="An amount without a rate, or a component that became NULL: `kpi explain` it.",
        kpis=tuple(sorted({str(kpi) for kpi, *_ in found}) or _all_kpis(candidate)),
    )


def every_number_is_one(candidate: duckdb.DuckDBPyConnection) -> CheckResult:
    """No column of the mart holds NaN or infinity (only floats can)."""
    columns = candidate.execute(
        """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'kpi_mart' and data_type in ('DOUBLE', 'FLOAT')
        order by 1, 2
        """
    ).fetchall()
    wrong: dict[str, int] = {}
    for table, column in columns:
        counted = candidate.execute(
            f'select count(*) from kpi_mart."{table}" where isnan("{column}") or isinf("{column}")'
        ).fetchone()
        if counted and counted[0]:
            wrong[f"{table}.{column}"] = int(counted[0])
    return CheckResult(
        id=NUMBERS,
        asked="Is every number in the mart a number?",
        verdict=judged(bool(wrong), "block"),
        severity="block",
        table="kpi_mart",
        rows=sum(wrong.values()),
        sample=tuple(sorted(wrong)[:MOST_SAMPLES]),
        evidence={"float_columns": len(columns)},
        look="A division in floats: divide with the macro kpi_ratio.",
        kpis=tuple(_all_kpis(candidate)),
    )


def _levels(candidate: duckdb.DuckDBPyConnection) -> dict[str, list[Decimal]]:
    """The last complete months of each flow, oldest first, where there are enough of them."""
    rows = candidate.execute(
        f"""
        with complete as (
            select kpi, period_start, value,
                row_number() over (partition by kpi order by period_start desc) as age
            from kpi_mart.kpi_values
            inner join kpi_mart.dim_kpi using (kpi)
            where kind = 'flow' and grain = 'month' and slice = 'total' and is_complete
                and value is not null
        )
        select kpi, value from complete where age <= {MONTHS + 1} order by kpi, period_start
        """
    ).fetchall()
    levels: dict[str, list[Decimal]] = {}
    for kpi, value in rows:
        levels.setdefault(str(kpi), []).append(Decimal(value))
    return {kpi: values for kpi, values in levels.items() if len(values) > FEWEST}


def _level(kpi: str, values: Sequence[Decimal]) -> CheckResult:
    newest, usual = values[-1], median(values[:-1])
    return CheckResult(
        id=f"plausible:level:{kpi}",
        asked="Is the latest complete month near the months before it?",
        verdict=judged(_is_far(newest, usual), "warn"),
        severity="warn",
        table="kpi_mart.kpi_values",
        threshold=USUAL,
        evidence={"latest": newest, "median_before": usual, "months": len(values) - 1},
        look=f"`kpi show {kpi}` and `kpi explain {kpi}`: an export may be missing or doubled.",
        kpis=(kpi,),
    )


def _volumes(landings: Sequence[Landing]) -> dict[str, list[int]]:
    """The rows of each stream's recent landings, oldest first, where there are enough of them."""
    sizes = {table: [n.rows_landed for n in batch] for table, batch in by_table(landings).items()}
    return {table: rows[-RECENT - 1 :] for table, rows in sizes.items() if len(rows) > FEWEST}


def _volume(stream: Stream, rows: Sequence[int]) -> CheckResult:
    newest, usual = Decimal(rows[-1]), Decimal(median(rows[:-1]))
    return CheckResult(
        id=f"plausible:volume:{stream.table}",
        asked="Does the newest export have about as many rows as those before it?",
        verdict=judged(_is_far(newest, usual), "warn"),
        severity="warn",
        table=f"landed.{stream.table}",
        threshold=USUAL,
        owner=stream.owner.email,
        evidence={"newest": newest, "median_before": usual, "exports": len(rows) - 1},
        look="Is the export cut off, of another period, or doubled?",
    )


def _is_far(newest: Decimal, usual: Decimal) -> bool:
    if usual <= 0:
        # Around zero there is no ratio; a change of sign is for people to judge, not for a bound.
        return False
    return not LOWEST * usual <= newest <= HIGHEST * usual


def _all_kpis(candidate: duckdb.DuckDBPyConnection) -> list[str]:
    found = candidate.execute("select kpi from kpi_mart.dim_kpi order by 1").fetchall()
    return [str(row[0]) for row in found]
