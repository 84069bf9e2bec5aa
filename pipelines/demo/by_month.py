"""Figures by month, and the arithmetic that the truth is computed with.

Belongs here: sums, quotients and medians, exact. Does not belong here: what is summed (`truth.py`
and its neighbours).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, localcontext

from pipelines.demo.chance import rounded

Figure = Decimal | None
ByMonth = dict[str, Figure]
NOTHING = Decimal(0)


def month_of(day: date) -> str:
    """The month of a day, as the truth names it."""
    return f"{day:%Y-%m}"


class Sums(defaultdict[str, Decimal]):
    """Sums by month."""

    def __init__(self) -> None:
        super().__init__(Decimal)

    def add(self, day: date, amount: Decimal | int) -> None:
        """Count an amount in the month of a day."""
        self[month_of(day)] += amount


def ratio(numerator: Decimal, denominator: Decimal) -> Figure:
    """A quotient to six digits, half away from zero; none where the denominator is 0."""
    if not denominator:
        return None
    with localcontext() as context:
        context.prec = 60
        return rounded(numerator / denominator, 6)


def median(values: Iterable[Decimal]) -> Figure:
    """The middle value to six digits, of an even number the mean of the two; none of nothing."""
    ranked = sorted(values)
    if not ranked:
        return None
    lower, upper = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
    return ratio(lower + upper, Decimal(2))
