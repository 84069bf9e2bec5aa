"""Seeded chance: one stream of random numbers per subject, independent of what came before.

Belongs here: drawing. Does not belong here: what is drawn for (the subjects' own modules).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

Thing = TypeVar("Thing")


class Chance(random.Random):
    """A generator of its own for one subject, such as one lead or one day of one campaign.

    Because each subject has its own, the life of the first N days is the same whatever comes after.
    """

    def __init__(self, *subject: object) -> None:
        super().__init__("|".join(str(part) for part in subject))

    def happens(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return self.random() < probability

    def pick(self, weights: Mapping[Thing, float]) -> Thing:
        """One of the keys, by weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def around(self, mean: float, spread: float) -> float:
        """A value about the mean: the sum of three uniform draws, within mean × (1 ± spread)."""
        return mean * (1 + spread * (self.random() + self.random() + self.random() - 1.5) / 1.5)

    def count(self, mean: float) -> int:
        """A number of events of that mean (Poisson; by halves where the mean is large)."""
        if mean > 30:  # noqa: PLR2004  (beyond, the product below would underflow slowly)
            return self.count(mean / 2) + self.count(mean / 2)
        limit, product, events = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            events += 1
        return events

    def moment(self, day: date) -> datetime:
        """A moment of office hours on a day, UTC without zone."""
        seconds = self.randint(7 * 3600, 19 * 3600 - 1)
        return datetime.combine(day, time()) + timedelta(seconds=seconds)

    def token(self, prefix: str, length: int = 14) -> str:
        """An identifier as Stripe makes them."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return prefix + "".join(self.choices(letters, k=length))


def cents(value: float | Decimal) -> Decimal:
    """Money to two digits, half away from zero."""
    return rounded(Decimal(repr(value)) if isinstance(value, float) else value, 2)


def rounded(value: Decimal, digits: int) -> Decimal:
    """A number to so many digits, half away from zero."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later; its last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
