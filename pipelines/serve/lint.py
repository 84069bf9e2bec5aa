"""What is to be mended in the declarations, and what the served release says against them.

Belongs here: asking. Does not belong here: what a finding of the declarations alone is
(`models/smart.py`, `models/scorecard_findings.py`), how it looks (`screen_targets.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from models.contract import load_contracts
from models.kpi import Kpi, load_kpis
from models.periods import Calendar
from models.scorecard import Scorecard, read_scorecards
from models.scorecard_findings import Declarations, refused_findings, scorecard_findings
from models.smart import Finding, Rule, contract_findings, read_definitions, smart_findings
from pipelines.serve.mart import open_mart
from pipelines.settings import Settings

if TYPE_CHECKING:
    import duckdb

FEWEST_PERIODS = 4
"""With fewer complete periods behind it, a KPI has no history to hold a target against."""
TARGETS = Path("targets")
"""The folder of the inbox that targets come from."""


def lint(settings: Settings) -> list[Finding]:
    """Everything to be mended, in order of file and line; empty where all is well.

    Raises:
        DeclarationError: a declaration of KPIs or contracts cannot be used at all.
    """
    project = settings.project
    kpis = load_kpis(project / "dbt_project")
    scorecards, refused = read_scorecards(project / "models" / "scorecards")
    calendar = Calendar(settings.calendar, settings.week_start, settings.fiscal_year_start)
    declared = Declarations(kpis, read_definitions(project / "dbt_project"), calendar)
    findings = smart_findings(kpis, project / "dbt_project", settings.as_of)
    findings += contract_findings(load_contracts(project / "models" / "contracts"))
    findings += refused_findings(refused)
    findings += scorecard_findings(scorecards, declared)
    if settings.current.exists():
        with open_mart(settings.current.resolve()) as mart:
            findings += release_findings(mart, kpis, scorecards)
    inside = [replace(one, file=_inside(one.file, project)) for one in findings]
    return sorted(inside, key=lambda one: (str(one.file), one.line, one.subject, one.rule))


def release_findings(
    mart: duckdb.DuckDBPyConnection,
    kpis: Mapping[str, Kpi],
    scorecards: Mapping[str, Scorecard],
) -> list[Finding]:
    """What the figures and targets of a release say against the declarations."""
    key = {measure.kpi for card in scorecards.values() for measure in card.measures}
    return [
        *_never_delivered(mart, kpis),
        *_out_of_reach(mart, kpis),
        *_without_target(mart, kpis, key),
        *_of_no_kpi(mart, kpis),
    ]


def _never_delivered(mart: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi]) -> Iterator[Finding]:
    """KPIs without any figure, and the streams that could give them one."""
    rows = mart.execute(
        """
        select definitions.kpi, list(distinct inputs.table_name order by inputs.table_name)
        from kpi_mart.dim_kpi as definitions
        inner join kpi_mart.kpi_inputs as inputs on definitions.kpi = inputs.kpi
        where
            inputs.exported_at is null
            and definitions.kpi not in (
                select kpi from kpi_mart.kpi_values where value is not null
            )
        group by definitions.kpi
        order by definitions.kpi
        """
    ).fetchall()
    for kpi, tables in rows:
        if kpi in kpis:
            yield _of(
                kpis[kpi],
                "measurable",
                f"it has no figure: nothing ever came of {', '.join(tables)}",
                "Export one of them into the inbox, or take the KPI out.",
            )


def _out_of_reach(mart: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi]) -> Iterator[Finding]:
    """Targets to come that are further beyond the best than the best is from the worst."""
    rows = mart.execute(
        """
        with history as (
            select
                figures.kpi, figures.grain, definitions.better,
                min(figures.value) as lowest, max(figures.value) as highest,
                max(figures.period_start) as last_period
            from kpi_mart.kpi_values as figures
            inner join kpi_mart.dim_kpi as definitions on figures.kpi = definitions.kpi
            where figures.slice = 'total' and figures.is_complete and figures.value is not null
            group by figures.kpi, figures.grain, definitions.better
            having count(*) >= ?
        ),
        asked as (
            select
                kpi, grain, period_start, target,
                row_number() over (partition by kpi, grain order by period_start) as place
            from kpi_mart.kpi_targets
            where slice = 'total' and level = 'company' and holder = '' and origin = 'stated'
                and period_start > (
                    select last_period from history
                    where history.kpi = kpi_targets.kpi and history.grain = kpi_targets.grain
                )
        )
        select
            asked.kpi, asked.grain, asked.period_start, asked.target,
            case history.better when 'down' then history.lowest else history.highest end
        from asked
        inner join history on asked.kpi = history.kpi and asked.grain = history.grain
        where
            asked.place = 1
            and case history.better
                when 'up' then
                    asked.target > history.highest + (history.highest - history.lowest)
                when 'down' then
                    asked.target < history.lowest - (history.highest - history.lowest)
                else false
            end
        order by asked.kpi, asked.grain
        """,
        [FEWEST_PERIODS],
    ).fetchall()
    for kpi, grain, start, target, best in rows:
        if kpi in kpis:
            yield _of(
                kpis[kpi],
                "achievable",
                f"the target {_plain(target)} of the {grain} from {start} is further beyond the"
                f" best so far ({_plain(best)}) than that is from the worst",
                "Say how it is to be reached, or set one that its history bears.",
            )


def _without_target(
    mart: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], key: set[str]
) -> Iterator[Finding]:
    """KPIs whose targets have all run out, and those on a scorecard that have none."""
    last = dict(
        mart.execute(
            "select kpi, max(period_start) from kpi_mart.kpi_targets"
            " where origin = 'stated' group by kpi"
        ).fetchall()
    )
    reached = dict(
        mart.execute(
            "select kpi, max(period_start) from kpi_mart.kpi_values"
            " where slice = 'total' and is_complete and grain = 'month' group by kpi"
        ).fetchall()
    )
    for name, kpi in kpis.items():
        if name in last and name in reached and last[name] < reached[name].replace(day=1):
            problem = f"its last target is of the period from {last[name]}, which is over"
            yield _of(kpi, "time-bound", problem, "Set targets for the periods to come.")
        elif name in key and name not in last:
            problem = "it is on a scorecard, and has no target"
            yield _of(kpi, "time-bound", problem, "Set one in the export of targets.")


def _of_no_kpi(mart: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi]) -> Iterator[Finding]:
    """Targets of what is no KPI, by the name they give."""
    rows = mart.execute(
        "select kpi, count(*) from kpi_mart.kpi_targets group by kpi order by kpi"
    ).fetchall()
    for kpi, times in rows:
        if kpi not in kpis:
            problem = f"{times} targets are of {kpi!r}, which is no KPI"
            yield Finding(kpi, "target", problem, "Correct the name, or remove them.", TARGETS, 0)


def _of(kpi: Kpi, rule: Rule, problem: str, remedy: str) -> Finding:
    return Finding(kpi.name, rule, problem, remedy, kpi.file, kpi.line)


def _plain(value: Decimal) -> str:
    """A figure without the zeros behind it that nobody reads."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _inside(file: Path, project: Path) -> Path:
    return file.relative_to(project) if file.is_relative_to(project) else file
