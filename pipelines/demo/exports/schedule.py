"""When the example company exports: its history at once, then every evening.

Belongs here: which days an export covers. The history reaches to a week before `until`; the last
week, and every day after `until`, have daily exports.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo.chance import add_months, days_between, month_end

GO_LIVE_DAYS = 7
TRAILING_DAYS = 7
"""A daily export shows this many days up to its own."""
WEEKLY_DAYS, SUNDAY = 14, 6


@dataclass(frozen=True)
class Schedule:
    """The days of export; a file shows what was known at the end of its day."""

    first_day: date
    until: date
    last_day: date

    @property
    def history_end(self) -> date | None:
        """The last day before daily exports begin; None for a company of a few days."""
        before = self.until - timedelta(days=GO_LIVE_DAYS)
        return before if before >= self.first_day else None

    @property
    def months(self) -> list[tuple[date, date]]:
        """First and last day of each monthly file of the history."""
        spans: list[tuple[date, date]] = []
        begins = self.first_day
        while self.history_end and begins <= self.history_end:
            ends = min(month_end(begins), self.history_end)
            spans.append((begins, ends))
            begins = ends + timedelta(days=1)
        return spans

    @property
    def quarter_ends(self) -> list[date]:
        """The ends of the quarters of the history."""
        begins = self.first_day.replace(day=1)
        ends = (month_end(add_months(begins, n)) for n in range(len(self.months) + 1))
        return [day for day in ends if day.month % 3 == 0 and day <= (self.history_end or day.min)]

    @property
    def daily(self) -> list[date]:
        """The days with exports of their own."""
        begins = (self.history_end or self.first_day - timedelta(days=1)) + timedelta(days=1)
        return days_between(begins, self.last_day)

    def trailing(self, day: date) -> tuple[date, date]:
        """The days that a daily export shows."""
        return max(self.first_day, day - timedelta(days=TRAILING_DAYS - 1)), day

    @property
    def weekly(self) -> list[tuple[date, date]]:
        """First and last day of each weekly export: the history, then each Sunday's fortnight."""
        end = self.history_end
        return ([(self.first_day, end)] if end else []) + [
            (max(self.first_day, day - timedelta(days=WEEKLY_DAYS - 1)), day)
            for day in self.daily
            if day.weekday() == SUNDAY
        ]

    @property
    def monthly(self) -> list[date]:
        """The days of the monthly exports: the end of the history, then each end of a month."""
        ends = [day for day in self.daily if day == month_end(day)]
        return ([self.history_end] if self.history_end else []) + ends

    def windows(self) -> list[tuple[date, date]]:
        """First and last day of every export of the ad platforms, in order of export."""
        return self.months + [self.trailing(day) for day in self.daily]

    def changes(self) -> list[tuple[date, date]]:
        """The days whose changes each list of changed records shows, in order of export."""
        end = self.history_end
        return ([(self.first_day, end)] if end else []) + [self.trailing(day) for day in self.daily]
