"""Days that are missing between the first and the last that a stream tells of.

Belongs here: which days of a stretch without rows should have had some, by the stream's own rhythm.
Does not belong here: finding the stretches (`missing.py`), and what is said of the days that are
missing (`pipelines/check/gaps.py`).

A day is missing by the rhythm that the stream itself keeps, so that a source without weekends and
one that reports once a week are told from a source that lost a file. Three things are known of a
stretch without rows: which days of the week usually have rows, how long it is beside the others,
and whether an export speaks of its days: a long stretch that exports cover is a pause, as of an
account that spends nothing, and one that none covers is a gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from pipelines.land.landing import Landing
from pipelines.land.restated import Days, free_days, merged

ONE_DAY = timedelta(days=1)
WEEK = 7
ENOUGH_WEEKS = 4
USUAL_SHARE = 0.75
"""A day of the week that has rows in three weeks of four is one on which rows are expected."""
FEW_EMPTY, FEW_EMPTY_SHARE = 2, 0.1
"""Where more of those days are empty than this, an empty one is how the source is."""
LONGER = 1.5
"""A stretch half as long again as the usual one is more than a month that has 31 days."""
FEW = 3
"""Fewer stretches than this say nothing about which length is usual."""


@dataclass(frozen=True)
class Told:
    """What a stream, or one account of it, tells of: its days, and where it has none."""

    first: date
    last: date
    holes: tuple[Days, ...]
    """The stretches without a row between first and last, in order."""


def covered_days(landings: Iterable[Landing]) -> list[Days]:
    """The days that exports of one stream speak of, whatever they say; in order."""
    return merged(
        (n.covered_from, n.covered_to)
        for n in landings
        if n.covered_from is not None and n.covered_to is not None
    )


def told_by(covered: Sequence[Days]) -> Told | None:
    """The days that exports cover as what a stream tells of; None where there are none."""
    if not covered:
        return None
    first, last = covered[0][0], covered[-1][1]
    return Told(first, last, tuple(free_days((first, last), covered)))


def missing_days(told: Told, covered: Sequence[Days], *, whole_weeks: bool = False) -> list[Days]:
    """The days that should have rows and have none.

    Args:
        told: a stream or an account, and its stretches without rows.
        covered: the days of which any export of the stream speaks, in order.
        whole_weeks: only stretches of a week or more that no export covers; for sources in which
            a day without a row is nothing unusual.
    """
    long = [_length(hole) for hole in told.holes if _length(hole) >= WEEK]
    usual = _Usual(set(), 0, 0) if whole_weeks else _usual_weekdays(told)
    found: list[Days] = []
    for hole in told.holes:
        uncovered = list(free_days(hole, covered))
        suspect = {day for each in uncovered for day in _days(each)}
        if _length(hole) < WEEK and usual.is_reliable:
            suspect |= set(_days(hole))
        by_weekday = sorted(day for day in suspect if day.weekday() in usual.weekdays)
        if by_weekday:
            found += merged((day, day) for day in by_weekday)
        elif uncovered and _length(hole) >= WEEK and _is_unusual(_length(hole), long):
            found += uncovered
    return found


@dataclass(frozen=True)
class _Usual:
    """The days of the week on which rows are expected: how many there were, how many without."""

    weekdays: set[int]
    days: int
    empty: int

    @property
    def is_reliable(self) -> bool:
        """Whether so few are empty that one is worth a word although an export speaks of it."""
        return self.empty <= max(FEW_EMPTY, FEW_EMPTY_SHARE * self.days)


def _usual_weekdays(told: Told) -> _Usual:
    """The days of the week on which rows are expected, long stretches without any left aside."""
    days, empty = _weekdays((told.first, told.last)), Counter[int]()
    in_long = 0
    for hole in told.holes:
        if _length(hole) >= WEEK:
            days -= _weekdays(hole)
            in_long += _length(hole)
        else:
            empty += _weekdays(hole)
    if 2 * in_long > _length((told.first, told.last)):
        return _Usual(set(), 0, 0)
    weekdays = {
        weekday
        for weekday, count in days.items()
        if count - empty[weekday] > 0
        and empty[weekday] <= (1 - USUAL_SHARE) * count + (count < ENOUGH_WEEKS)
    }
    return _Usual(weekdays, sum(days[n] for n in weekdays), sum(empty[n] for n in weekdays))


def _is_unusual(length: int, lengths: Sequence[int]) -> bool:
    return len(lengths) < FEW or length > LONGER * median(lengths)


def _length(days: Days) -> int:
    return (days[1] - days[0]).days + 1


def _days(days: Days) -> Iterable[date]:
    return (days[0] + n * ONE_DAY for n in range(_length(days)))


def _weekdays(days: Days) -> Counter[int]:
    """How often each day of the week lies in a stretch."""
    weeks, rest = divmod(_length(days), WEEK)
    counted = Counter(dict.fromkeys(range(WEEK), weeks)) if weeks else Counter[int]()
    counted.update((days[0].weekday() + n) % WEEK for n in range(rest))
    return counted
