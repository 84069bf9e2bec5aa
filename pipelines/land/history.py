"""Whether an export is like those of its stream before it; one that is not is held for a word.

Only facts of landings are compared, so that the cost does not grow with the data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import median

from models.contract import Stream
from pipelines.land.landing import Landing

FACTORS = {100: "hundred", 1_000: "thousand", 1_000_000: "million"}
"""Cents for euros, thousands for units (a lost decimal or thousands mark), micros for units."""
NEAR = math.log10(2.5)
"""How far from the factor each tenth may lie: a unit moves all amounts, business moves some."""
FEWEST_NOW, FEWEST_BEFORE = 3, 20
"""Non-zero amounts below which the sizes of a file, or of all before it, say nothing."""
REMEMBERED = 12
"""So many of the newest exports are the history."""
FEWEST_ALIKE = 2
"""Exports that have to have a column before one without it is something new."""


def unit_jump(landing: Landing, before: Sequence[Landing]) -> tuple[str, float, float] | None:
    """A column whose amounts are all a round factor larger or smaller than before.

    The first, fifth and ninth tenth of the sizes must have moved by the same factor: then it is the
    unit that has changed, not the business.

    Args:
        landing: the new export.
        before: accepted landings of its stream, newest last; those of other scopes are left out,
            because accounts differ in size.

    Returns:
        The column, the usual amount before, and the one now; None if there is no such column.
    """
    alike = (each for each in reversed(before) if _same_scope(each, landing))
    history = list(itertools.islice(alike, REMEMBERED))
    for column in sorted(landing.sizes):
        count, *tenths = _sizes(landing, column)
        known = [_sizes(n, column) for n in history if column in n.sizes]
        if count < FEWEST_NOW or sum(size[0] for size in known) < FEWEST_BEFORE:
            continue
        usual = [median(size[place] for size in known) for place in (1, 2, 3)]
        moved = [math.log10(new / old) for new, old in zip(tenths, usual, strict=True)]
        for factor in FACTORS:
            for direction in (1, -1):
                if all(abs(move - direction * math.log10(factor)) <= NEAR for move in moved):
                    return column, usual[1], tenths[1]
    return None


def lost_figures(stream: Stream, landing: Landing, before: Sequence[Landing]) -> list[str]:
    """Columns of figures that an export lacks, and that each export of the history has.

    Args:
        stream: the contract.
        landing: the new export.
        before: accepted landings of its stream, newest last.
    """
    alike = (each for each in reversed(before) if _same_scope(each, landing))
    history = list(itertools.islice(alike, REMEMBERED))
    if len(history) < FEWEST_ALIKE:
        return []
    lacked = {name for each in history for name in each.columns_missing}
    figures = {c.name for c in stream.columns if c.is_decimal or c.type == "integer"}
    return [n for n in landing.columns_missing if n in figures - lacked - set(stream.key)]


def _sizes(landing: Landing, column: str) -> list[float]:
    return [float(each) for each in landing.sizes[column]]


def _same_scope(landing: Landing, other: Landing) -> bool:
    if landing.landing_id == other.landing_id:
        return False
    scopes = {tuple(scope) for scope in landing.scopes}
    return not scopes or not other.scopes or any(tuple(s) in scopes for s in other.scopes)
