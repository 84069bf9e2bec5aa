"""Periods as people write them: 2026-10, 2026-10-05, 2026-W41, 2026-Q3, 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

FORMS = "2026-10 (month), 2026-10-05 (day), 2026-W41 (week), 2026-Q3 (quarter), 2026 (year)"
MONTHS_OF_A_QUARTER = 3


class UnknownPeriod(Exception):
    """A text that names no period."""

    def __init__(self, text: str, why: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is no period: {why}. Write it like one of {FORMS}.")


@dataclass(frozen=True)
class Period:
    """A grain, and a day by which the period of that grain is found."""

    grain: str
    day: date
    """Inside the period, whatever day the company's weeks start on."""


def parse_period(text: str) -> Period:
    """Read a period as people write it; its form says the grain.

    Raises:
        UnknownPeriod: it has no such form, or there is no such day, week, month or quarter.
    """
    written = text.strip().upper()
    found = re.fullmatch(r"(\d{4})(?:-(?:W(\d{2})|Q([1-4])|(\d{2})(?:-(\d{2}))?))?", written)
    if not found:
        raise UnknownPeriod(text, "unknown form")
    year, week, quarter, month, day = (int(part) if part else None for part in found.groups())
    try:
        if week:
            # Thursday lies in the ISO week's own year, and in the week of any first day but Friday.
            return Period("week", date.fromisocalendar(year or 0, week, 4))
        if quarter:
            return Period("quarter", date(year or 0, quarter * MONTHS_OF_A_QUARTER, 1))
        if month and day:
            return Period("day", date(year or 0, month, day))
        if month:
            return Period("month", date(year or 0, month, 1))
        if week is not None or month is not None:
            raise UnknownPeriod(text, "there is no such week or month")
        return Period("year", date(year or 0, 1, 1))
    except ValueError as error:
        raise UnknownPeriod(text, str(error)) from error
