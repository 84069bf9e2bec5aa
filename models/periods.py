"""When a period ends, by the calendar that the figures are made in.

Belongs here: the last day of a day, week, month, quarter or year, for declarations that are looked
at before there is any figure. Does not belong here: the periods of figures, which are those of
`dim_date`; a test holds the two against each other.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")
"""From the smallest to the largest."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Calendar:
    """What a week, month, quarter and year are."""

    name: str = "gregorian"
    """gregorian, fiscal, or the weeks of a quarter's months, such as 4-4-5."""
    week_start: str = "monday"
    fiscal_year_start: int = 1

    def period_end(self, grain: Grain, day: dt.date) -> dt.date:
        """The last day of the period that a day lies in."""
        if grain == "day":
            return day
        if grain == "week":
            return self._week_of(day) + dt.timedelta(days=6)
        if "-" in self.name:
            return self._end_in_whole_weeks(MONTHS[grain], day)
        first = self.fiscal_year_start if self.name == "fiscal" else 1
        over = (day.month - first) % MONTHS[grain]
        year, month = divmod(day.year * 12 + day.month - 1 + MONTHS[grain] - 1 - over, 12)
        return dt.date(year, month + 1, months.monthrange(year, month + 1)[1])

    def _week_of(self, day: dt.date) -> dt.date:
        return day - dt.timedelta(days=(day.weekday() + (self.week_start == "sunday")) % 7)

    def _end_in_whole_weeks(self, of_months: int, day: dt.date) -> dt.date:
        """A year begins with the week whose first day is nearest to its 1st."""
        middle = self._week_of(day) + dt.timedelta(days=3)
        year = middle.year - (middle.month < self.fiscal_year_start)
        start, next_start = self._first_week(year), self._first_week(year + 1)
        weeks = accumulate([int(weeks) for weeks in self.name.split("-")] * 4)
        ends = list(weeks)[of_months - 1 : -1 : of_months]
        days = [start + dt.timedelta(weeks=end, days=-1) for end in ends]
        return next((end for end in days if end >= day), next_start - dt.timedelta(days=1))

    def _first_week(self, year: int) -> dt.date:
        return self._week_of(dt.date(year, self.fiscal_year_start, 1) + dt.timedelta(days=3))
