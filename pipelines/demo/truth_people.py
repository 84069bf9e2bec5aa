"""What the figures of the staff and of people's opinions really are, by month.

Belongs here: each KPI by its plain definition, from what happened and what the exports say of it by
then. Nothing of the pipeline is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.brand import Answer
from pipelines.demo.by_month import NOTHING, ByMonth, Sums, ratio
from pipelines.demo.chance import rounded
from pipelines.demo.company import Company
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.staff import Employee, Version, market_salaries

Months = list[tuple[str, date]]
Slices = dict[str, dict[str, dict[str, ByMonth]]]
ONE_DAY = timedelta(days=1)


def spoken_of(months: Months, last: date) -> Months:
    """The months that an export speaks of, each with its last day that is known."""
    cut = [(month, min(end, last)) for month, end in months]
    return [(month, end) for month, end in cut if f"{end:%Y-%m}" == month]


class StaffTruth:
    """The staff's figures, of every month that a list of staff speaks of."""

    def __init__(self, company: Company, schedule: Schedule, months: Months) -> None:
        self.company, self.made = company, company.staff
        self.first, self.last = schedule.monthly[0], schedule.monthly[-1]
        self.months = spoken_of(months, self.last)
        self.employees = [one for one in self.made.employees if one.hired <= self.last]

    def kpis(self) -> dict[str, ByMonth]:
        """Every KPI by month."""
        made = self._movements("")
        answers, satisfied = Sums(), Sums()
        for answer in self.made.answers:
            if answer.day <= self.last and answer.score is not None:
                answers.add(answer.day, 1)
                satisfied.add(answer.day, answer.score in (4, 5))
        made["employee_satisfaction"] = {
            month: ratio(satisfied[month], answers[month]) for month, _ in self.months
        }
        made["salary_competitiveness_ratio"] = {
            month: self._against_the_market(end) for month, end in self.months
        }
        return made

    def slices(self) -> Slices:
        """Movements by team."""
        by_team = {team: self._movements(team) for team in ("Product", "Sales", "Service")}
        return {
            kpi: {"team": {team: made[kpi] for team, made in by_team.items()}}
            for kpi in ("headcount", "employee_turnover_rate", "employee_retention_rate")
        }

    def _left(self, one: Employee) -> date | None:
        return one.left_as_known_on(self.last)

    def _is_here(self, one: Employee, day: date) -> bool:
        left = self._left(one)
        return one.hired <= day and (left is None or day < left)

    def _here(self, day: date, team: str) -> set[str]:
        return {
            one.employee_id
            for one in self.employees
            if self._is_here(one, day) and team in ("", one.version_on(day).team)
        }

    def _movements(self, team: str) -> dict[str, ByMonth]:
        """Of one team or, without a name, of all."""
        made: dict[str, ByMonth] = defaultdict(dict)
        for month, end in self.months:
            start = end.replace(day=1)
            before, after = self._here(start - ONE_DAY, team), self._here(end, team)
            leavers = sum(
                start <= left <= end and team in ("", one.version_on(left - ONE_DAY).team)
                for one in self.employees
                if (left := self._left(one))
            )
            mean = Decimal(len(before) + len(after)) / 2
            made["headcount"][month] = Decimal(len(after))
            made["employee_turnover_rate"][month] = ratio(Decimal(leavers), mean)
            kept = Decimal(len(before & self._here(end, "")))
            made["employee_retention_rate"][month] = ratio(kept, Decimal(len(before)))
        return made

    def _against_the_market(self, day: date) -> Decimal | None:
        own, market, euro = NOTHING, NOTHING, self.company.rates.to_euro
        known = market_salaries(self.company.first_day, self.first)
        for one in self.employees:
            if not self._is_here(one, day):
                continue
            version = one.version_on(day)
            found = _of_the_market(known, version, day)
            if found:
                since, salary, currency = found
                # Both are carried at the rate of the day from which the two hold together.
                agreed = max(since, version.valid_from)
                own += euro(version.salary, version.currency, agreed)
                market += euro(rounded(salary * version.share, 6), currency, agreed)
        return ratio(own, market)


def _of_the_market(
    known: list[tuple[date, str, str, int, str]], version: Version, day: date
) -> tuple[date, Decimal, str] | None:
    """Since when the salary compared with holds, how much it is, and its currency."""
    of_role = [row for row in known if row[1] == version.role and row[0] <= day]
    own_region = [row for row in of_role if row[2] == version.region]
    chosen = max(own_region or [row for row in of_role if not row[2]], default=None)
    if chosen is None:
        return None
    return chosen[0], Decimal(chosen[3]), chosen[4]


class OpinionTruth:
    """What people say, of every month that an export speaks of."""

    def __init__(self, company: Company, schedule: Schedule, months: Months) -> None:
        self.made, self.schedule = company.brand, schedule
        self.last = max(last for _, last in schedule.weekly)
        self.months = spoken_of(months, self.last)

    def kpis(self) -> dict[str, ByMonth]:
        """Every KPI by month."""
        stars, reviews, positive = Sums(), Sums(), Sums()
        for review in self.made.reviews:
            if review.day <= self.last:
                rating = review.rating_on(self._last_told(review.day, review.edited))
                reviews.add(review.day, 1)
                stars.add(review.day, rating)
                positive.add(review.day, rating in (4, 5))
        asked = [a for a in self.made.answers if a.day <= self.last and a.yes is not None]
        recommend, yes = _yes([a for a in asked if a.kind == "recommend"])
        before, knew_before = _yes([a for a in asked if a.phase == "before"])
        after, knew_after = _yes([a for a in asked if a.phase == "after"])
        months = [month for month, _ in self.months]
        return {
            "average_review_rating": {m: ratio(stars[m], reviews[m]) for m in months},
            "positive_review_share": {m: ratio(positive[m], reviews[m]) for m in months},
            "brand_favourability": {m: ratio(yes[m], recommend[m]) for m in months},
            "brand_recall_lift": {
                m: ratio(knew_after[m] * before[m] - knew_before[m] * after[m],
                         after[m] * before[m])
                for m in months
            },
        }  # fmt: skip

    def slices(self) -> Slices:
        """None."""
        return {}

    def _last_told(self, *days: date | None) -> date:
        """The newest export in which a review stands: of its day, or of the day it was edited."""
        return max(
            last
            for first, last in self.schedule.weekly
            for day in days
            if day and first <= day <= last
        )


def _yes(answers: Iterable[Answer]) -> tuple[Sums, Sums]:
    """How many were asked, and how many said yes."""
    asked, yes = Sums(), Sums()
    for answer in answers:
        asked.add(answer.day, 1)
        yes.add(answer.day, answer.yes or 0)
    return asked, yes
