"""The projects of the example company: tasks that wait for one another, reported every Friday.

Belongs here: plans, progress and cost, and what a report knows of them. Does not belong here: the
columns of the planning tool (`exports/projects.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance, cents, days_between

NOT_STARTED, IN_PROGRESS, DONE, CANCELED = "not started", "in progress", "done", "cancelled"
# Task, planned days of work, budget, and what has to be done before.
PLAN: tuple[tuple[str, int, int, tuple[int, ...]], ...] = (
    ("Concept", 10, 6_000, ()),
    ("Design", 14, 9_500, (1,)),
    ("Data model", 8, 5_200, (1,)),
    ("Import", 16, 12_400, (3,)),
    ("Pages", 18, 13_900, (2, 3)),
    ("Payment", 9, 7_700, (3,)),
    ("Mobile", 12, 8_800, (2,)),
    ("Test", 9, 5_600, (4, 5, 6)),
    ("Training", 5, 2_900, (5,)),
    ("Launch", 3, 1_800, (8, 9)),
)
NAMES = ("NEW-SHOP", "CRM-MOVE", "MOBILE-APP", "DATA-HUB", "PARTNER-PORTAL", "SELF-SERVICE")
BEGINS_EVERY = 170
FRIDAY = 4
WORKING_DAYS = 5 / 7


@dataclass(frozen=True)
class TaskReport:
    """A task as a report has it: values are cumulative, in the project's currency."""

    project: str
    task: int
    name: str
    day: date
    status: str
    duration: int
    before: tuple[int, ...]
    planned_start: date
    planned_end: date
    started: date | None
    finished: date | None
    planned: Decimal
    earned: Decimal
    cost: Decimal
    """As it is known a week later, when the last bills have come."""
    currency: str

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.status in (NOT_STARTED, IN_PROGRESS)

    def cost_on(self, day: date) -> Decimal:
        """What was booked at the end of a day: of the report's own week a part is missing."""
        return self.cost if (day - self.day).days >= 7 else cents(self.cost * Decimal("0.96"))  # noqa: PLR2004


class Projects:
    """All reports until the last day, in order of day."""

    def __init__(self, seed: int, first_day: date, last_day: date, scale: float) -> None:
        self.reports: list[TaskReport] = []
        begins = [first_day + timedelta(days=3 + BEGINS_EVERY * n) for n in range(60)]
        self.projects = [
            _Project(seed, number, day, scale)
            for number, day in enumerate(begins)
            if day <= last_day
        ]
        for day in days_between(first_day, last_day):
            if day.weekday() == FRIDAY:
                for project in self.projects:
                    self.reports += project.report(day)


class _Project:
    def __init__(self, seed: int, number: int, begins: date, scale: float) -> None:
        chance = Chance(seed, "project", number)
        again, which = divmod(number, len(NAMES))
        self.name = f"{NAMES[which]}-{again + 1}" if again else NAMES[which]
        self.begins, self.currency = begins, "GBP" if number % 3 == 1 else "EUR"
        self.planned: dict[int, tuple[date, date]] = {}
        self.real: dict[int, tuple[date, date]] = {}
        self.duration: dict[int, int] = {}
        self.budget: dict[int, Decimal] = {}
        self.overrun: dict[int, Decimal] = {}
        for task, (_, days, budget, before) in enumerate(PLAN, 1):
            late = max(days, round(days * chance.around(1.16, 0.3)))
            self.duration[task] = late
            self.planned[task] = self._span(self.planned, before, days)
            self.real[task] = self._span(self.real, before, late)
            self.budget[task] = cents(chance.around(budget, 0.2) * scale)
            self.overrun[task] = Decimal(repr(round(chance.around(1.05, 0.22), 3)))
        # A task that is given up when the one before it is done.
        self.given_up = 7 if number % 2 else 0
        self.ends = max(end for _, end in self.real.values())

    def _span(
        self, known: dict[int, tuple[date, date]], before: tuple[int, ...], days: int
    ) -> tuple[date, date]:
        start = max((known[task][1] + timedelta(days=1) for task in before), default=self.begins)
        return start, start + timedelta(days=round(days / WORKING_DAYS) - 1)

    def report(self, day: date) -> list[TaskReport]:
        """All tasks on a Friday, until a fortnight after the last one is done."""
        if not self.begins <= day <= self.ends + timedelta(days=14):
            return []
        return [self._task(task, day) for task in self.planned]

    def _task(self, task: int, day: date) -> TaskReport:
        name, days, _, before = PLAN[task - 1]
        start, end = self.real[task]
        done = _share(start, end, day)
        status = NOT_STARTED if done == 0 else IN_PROGRESS if done < 1 else DONE
        if task == self.given_up and done > 0:
            status, done = CANCELED, Decimal(0)
        earned = cents(self.budget[task] * done)
        return TaskReport(
            project=self.name,
            task=task,
            name=name,
            day=day,
            status=status,
            duration=self.duration[task] if day >= start else days,
            before=before,
            planned_start=self.planned[task][0],
            planned_end=self.planned[task][1],
            started=start if status in (IN_PROGRESS, DONE) else None,
            finished=end if status == DONE else None,
            planned=cents(self.budget[task] * _share(*self.planned[task], day)),
            earned=earned,
            cost=cents(earned * self.overrun[task]),
            currency=self.currency,
        )


def _share(start: date, end: date, day: date) -> Decimal:
    """How much of a span has passed at the end of a day."""
    whole, passed = (end - start).days + 1, (day - start).days + 1
    return Decimal(max(0, min(passed, whole))) / whole
