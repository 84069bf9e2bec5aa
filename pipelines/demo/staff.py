"""The staff of the example company: who is hired, promoted, moved and lost, and what they answer.

Belongs here: employments with their versions, and surveys. Does not belong here: the columns of the
HR system's exports (`exports/staff.py`), and made-up names (`people.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance, days_between

# Role: team, salary in euro and how likely it is hired; what the market pays is in MARKET.
ROLES: dict[str, tuple[str, int, float]] = {
    "Developer": ("Product", 66_000, 34.0),
    "Designer": ("Product", 57_000, 10.0),
    "Account executive": ("Sales", 61_000, 22.0),
    "Marketing manager": ("Marketing", 54_000, 14.0),
    "Support agent": ("Service", 42_000, 20.0),
}
MARKET = {
    "Developer": 67_500, "Designer": 55_000, "Account executive": 63_000,
    "Marketing manager": 56_500, "Support agent": 40_500,
}  # fmt: skip
BRITISH_MARKET = {"Developer": 58_000, "Account executive": 57_500}
"""In pounds; who sells or builds there is compared with it, everyone else with the row for all."""
CHIEF = "Managing director"
"""A role that no salary survey has."""
REGIONS = {"DACH": 60.0, "UK": 40.0}
FOUNDERS = 13
LEAVES_A_DAY, HIRED_A_DAY, MOVES_A_DAY = 0.00062, 0.045, 0.00012
ENTERED_LATE = timedelta(days=5)
"""A leaving is in the list only so long after the last day."""
QUESTIONS = ("I like to work here", "I know what is expected of me", "We learn from mistakes")


@dataclass(frozen=True)
class Version:
    """What holds of a person from a day on."""

    valid_from: date
    role: str
    team: str
    region: str
    share: Decimal
    salary: Decimal
    currency: str


@dataclass
class Employee:
    """A time of employment. Who comes back has a second one under the same number."""

    employee_id: str
    hired: date
    versions: list[Version] = field(default_factory=list)
    left: date | None = None

    def is_employed_on(self, day: date) -> bool:
        """The day of leaving is the first one not employed any more."""
        return self.hired <= day and (self.left is None or day < self.left)

    def left_as_known_on(self, day: date) -> date | None:
        """The day of leaving, once the list has it."""
        return self.left if self.left and self.left + ENTERED_LATE <= day else None

    def version_on(self, day: date) -> Version:
        """What held of the person on a day of the employment."""
        return [v for v in self.versions if v.valid_from <= day][-1]


@dataclass(frozen=True)
class StaffAnswer:
    """An answer to one question; None was left out."""

    number: int
    day: date
    survey: str
    question: str
    team: str
    score: int | None


class Staff:
    """Everyone who was ever employed until the last day, in order of hiring."""

    def __init__(self, seed: int, first_day: date, last_day: date, scale: float) -> None:
        self.seed = seed
        self.employees: list[Employee] = []
        self.answers: list[StaffAnswer] = []
        chance = Chance(seed, "founders")
        self._hire(chance, first_day, CHIEF, ("Management", 118_000))
        for _ in range(round(FOUNDERS * scale)):
            self._hire(chance, first_day - timedelta(days=chance.randint(30, 900)))
        for day in days_between(first_day, last_day):
            self._live(day, scale)

    def _hire(
        self, chance: Chance, day: date, role: str = "", known: tuple[str, int] | None = None,
        employee_id: str = "",
    ) -> None:  # fmt: skip
        role = role or chance.pick({name: often for name, (_, _, often) in ROLES.items()})
        team, salary = known or ROLES[role][:2]
        # Founders work at home: no rate is published of the days before the company's first.
        region = "DACH" if not self._is_alive(day) else chance.pick(REGIONS)
        currency, factor = ("EUR", 1.0) if region == "DACH" else ("GBP", 0.87)
        share = Decimal("0.8") if chance.happens(0.15) else Decimal(1)
        paid = Decimal(round(chance.around(salary, 0.13) * factor / 100) * 100) * share
        version = Version(day, role, team, region, share, paid.quantize(Decimal("0.01")), currency)
        number = employee_id or f"{len(self.employees) + 1:04d}"
        self.employees.append(Employee(number, day, [version]))

    def _is_alive(self, day: date) -> bool:
        return bool(self.employees) and day >= self.employees[0].hired

    def _live(self, day: date, scale: float) -> None:
        chance = Chance(self.seed, "staff", day)
        here = [one for one in self.employees if one.is_employed_on(day)]
        for one in here:
            now = one.versions[-1]
            if (day.month, day.day) == (1, 1) and one.hired < day:
                raised = (now.salary * Decimal(repr(round(chance.around(1.03, 0.02), 3)))).quantize(
                    Decimal("0.01")
                )
                one.versions.append(replace(now, valid_from=day, salary=raised))
            elif one.hired < day and chance.happens(MOVES_A_DAY) and now.role != CHIEF:
                team = "Marketing" if now.team == "Sales" else "Sales"
                one.versions.append(replace(now, valid_from=day, team=team))
            elif chance.happens(LEAVES_A_DAY) and now.role != CHIEF:
                one.left = day + timedelta(days=1)
        for _ in range(chance.count(HIRED_A_DAY * scale)):
            self._hire(chance, day)
        gone = [e for e in self.employees if e.left and (day - e.left).days == 120]  # noqa: PLR2004
        for one in gone:
            if chance.happens(0.25):
                old = one.versions[-1]
                self._hire(chance, day, old.role, ROLES[old.role][:2], one.employee_id)
        if day.day == 11 and day.month % 3 == 0:  # noqa: PLR2004  (asked once a quarter)
            self._ask(chance, day, here)

    def _ask(self, chance: Chance, day: date, here: list[Employee]) -> None:
        for one in here:
            if chance.happens(0.22):
                continue
            for question in QUESTIONS:
                score = None
                if not chance.happens(0.05):
                    score = chance.pick({5: 30.0, 4: 38.0, 3: 18.0, 2: 9.0, 1: 5.0})
                self.answers.append(
                    StaffAnswer(
                        len(self.answers) + 1, day, f"{day.year}-Q{day.month // 3}", question,
                        one.version_on(day).team, score,
                    )
                )  # fmt: skip


def market_salaries(first_day: date, last_day: date) -> list[tuple[date, str, str, int, str]]:
    """What others pay: valid from, role, region, a year's salary, currency; anew each January."""
    rows = []
    for year in range(first_day.year - 4, last_day.year + 1):
        grown = 1.028 ** (year - first_day.year)
        from_day = date(year, 1, 1)
        for role, salary in MARKET.items():
            rows.append((from_day, role, "", round(salary * grown / 50) * 50, "EUR"))
        if from_day >= first_day:
            for role, salary in BRITISH_MARKET.items():
                rows.append((from_day, role, "UK", round(salary * grown / 50) * 50, "GBP"))
    return rows
