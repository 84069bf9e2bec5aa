"""The reports of the planning tool by the generic template: history once, then every Sunday.

A report of this week's Friday comes with the one before it, whose last bills have been booked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipelines.demo.company import Company
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.projects import TaskReport

PROJECTS = "projects"
TASKS_HEADER = header(
    "project_id task_id task_name status_date status duration_days predecessors planned_start_date "
    "planned_end_date started_date finished_date planned_value_amount earned_value_amount "
    "actual_cost_amount currency_code"
)


def projects(company: Company, schedule: Schedule) -> Iterator[Export]:
    """Every task of every project on each Friday."""
    for first, last in schedule.weekly:
        rows = [
            _task(report, last)
            for report in company.projects.reports
            if first <= report.day <= last
        ]
        if rows:
            text = csv_text([TASKS_HEADER, *rows])
            yield Export(PROJECTS, f"tasks {last}.csv", evening_of(last), text.encode(), len(rows))


def _task(report: TaskReport, last: date) -> Row:
    def written(day: date | None) -> str:
        return day.isoformat() if day else ""

    return [
        report.project,
        f"{report.task}",
        report.name,
        report.day.isoformat(),
        report.status,
        f"{report.duration}",
        ";".join(f"{task}" for task in report.before),
        report.planned_start.isoformat(),
        report.planned_end.isoformat(),
        written(report.started),
        written(report.finished),
        f"{report.planned}",
        f"{report.earned}",
        f"{report.cost_on(last)}",
        report.currency,
    ]
