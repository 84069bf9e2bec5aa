"""What the figures of the projects really are, by month.

Belongs here: earned value and the critical path by their plain definitions, from what happened and
what the reports say of it by then. Nothing of the pipeline is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from pipelines.demo.by_month import NOTHING, ByMonth, ratio
from pipelines.demo.company import Company
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.projects import TaskReport
from pipelines.demo.truth_people import Months, Slices, spoken_of

Report = list[TaskReport]


class ProjectTruth:
    """The projects' figures, of every month that a report speaks of."""

    def __init__(self, company: Company, schedule: Schedule, months: Months) -> None:
        self.company, self.schedule = company, schedule
        self.last = max(last for _, last in schedule.weekly)
        self.months = spoken_of(months, self.last)
        self.reports: dict[str, dict[date, Report]] = defaultdict(lambda: defaultdict(list))
        for task in company.projects.reports:
            if task.day <= self.last:
                self.reports[task.project][task.day].append(task)

    def kpis(self) -> dict[str, ByMonth]:
        """Every KPI by month."""
        earned = self._sum(lambda task: task.earned)
        planned = self._sum(lambda task: task.planned)
        cost = self._sum(self._cost)
        paths = {
            month: max((longest_way(report) for report in self._at(end).values()), default=None)
            for month, end in self.months
        }
        return {
            "earned_value": dict(earned),
            "planned_value": dict(planned),
            "actual_cost": dict(cost),
            "cost_performance_index": {m: ratio(earned[m], cost[m]) for m, _ in self.months},
            "schedule_performance_index": {m: ratio(earned[m], planned[m]) for m, _ in self.months},
            "critical_path_days": {m: _decimal(days) for m, days in paths.items()},
        }

    def slices(self) -> Slices:
        """The critical path by project."""
        by_project: dict[str, ByMonth] = defaultdict(dict)
        for month, end in self.months:
            for project, report in self._at(end).items():
                by_project[project][month] = _decimal(longest_way(report))
        return {"critical_path_days": {"project": dict(by_project)}}

    def _at(self, end: date) -> dict[str, Report]:
        """The newest report of every project on a day."""
        return {
            project: reports[max(day for day in reports if day <= end)]
            for project, reports in self.reports.items()
            if min(reports) <= end
        }

    def _cost(self, task: TaskReport) -> Decimal:
        seen = [last for first, last in self.schedule.weekly if first <= task.day <= last]
        return task.cost_on(max(seen))

    def _sum(self, value: Callable[[TaskReport], Decimal]) -> dict[str, Decimal]:
        euro = self.company.rates.to_euro
        return {
            month: sum(
                (
                    euro(value(task), task.currency, task.day)
                    for report in self._at(end).values()
                    for task in report
                ),
                NOTHING,
            )
            for month, end in self.months
        }


def longest_way(report: Report) -> int:
    """Working days on the longest way through the open tasks, each after those it waits for."""
    open_tasks = {task.task: task for task in report if task.is_open}
    done: dict[int, int] = {}

    def end_of(number: int) -> int:
        if number not in done:
            before = [end_of(other) for other in open_tasks[number].before if other in open_tasks]
            done[number] = open_tasks[number].duration + max(before, default=0)
        return done[number]

    return max((end_of(number) for number in open_tasks), default=0)


def _decimal(days: int | None) -> Decimal | None:
    return None if days is None else Decimal(days)
