"""How dates and times are written in a column: every format that all its texts have.

03/04/2026 has two; which one is meant no text says, and both are given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.contract_parts import is_day_first
from pipelines.land.moments import OFFSET

DAYS = (
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%b %d, %Y", "%B %d, %Y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%a, %b %d, %Y", "%A, %B %d, %Y",
)  # fmt: skip
TIMES = (
    " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p",
    ", %I:%M %p", ", %I:%M:%S %p", ", %H:%M", ", %H:%M:%S", "T%H:%M",
)  # fmt: skip
COMPACT = "%Y%m%d"
FIRST_YEAR, LAST_YEAR = 1950, 2100
FIRST_SERIAL, LAST_SERIAL = 25_569, 73_050
"""1970 to 2100 as Excel counts days."""
MOST_FORMATS = 3


@dataclass(frozen=True)
class Moments:
    """How the dates or time stamps of a column are written."""

    formats: tuple[str, ...]
    has_time: bool
    is_doubtful: bool = False
    """Each text may be read in two ways, the day first or the month first."""


def moments_of(values: Sequence[str], *, native: bool, named_so: bool) -> Moments | None:
    """The formats in which all texts are dates or time stamps; None: they are none.

    Args:
        values: the different texts of a column.
        native: from a format with types of its own, which says days in ISO form.
        named_so: the header says that it is a date, so that 20260401 may be one.
    """
    if not values:
        return None
    if native and all(re.fullmatch(r"\d{4}-\d\d-\d\d( 00:00:00)?", value) for value in values):
        return Moments(("%Y-%m-%d",), has_time=False)
    if named_so and all(re.fullmatch(r"\d{8}", v) and _read(v, COMPACT) for v in values):
        return Moments((COMPACT,), has_time=False)
    if named_so and all(_is_serial(value) for value in values):
        return Moments(("excel",), has_time=any("." in value for value in values))
    if not all(re.search(r"\d", value) for value in values[:50]):
        return None
    return _in_formats(values)


def _is_serial(value: str) -> bool:
    """Whether a number may be a day of our time, as Excel counts days."""
    whole = re.fullmatch(r"(\d{5})(\.\d+)?", value)
    return whole is not None and FIRST_SERIAL <= int(whole[1]) <= LAST_SERIAL


def _in_formats(values: Sequence[str]) -> Moments | None:
    """One format for all texts, both orders of day and month, or a few formats between them."""
    forms = _candidates(values[0])
    whole = [form for form in forms if all(_read(value, form) for value in values)]
    if whole:
        orders = {is_day_first(form) for form in whole}
        if {True, False} <= orders:
            both = tuple(form for form in whole if is_day_first(form) is not None)[:2]
            return Moments(both, "%H" in both[0] or "%I" in both[0], is_doubtful=True)
        return Moments((whole[0],), "%H" in whole[0] or "%I" in whole[0])
    return _several(values)


def _several(values: Sequence[str]) -> Moments | None:
    """A few formats between them read all texts, and never a text in two orders."""
    left, taken = list(values), list[str]()
    while left and len(taken) < MOST_FORMATS:
        forms = _candidates(left[0])
        if not forms:
            return None
        best = max(forms, key=lambda form: sum(bool(_read(value, form)) for value in left))
        taken.append(best)
        left = [value for value in left if not _read(value, best)]
    orders = {is_day_first(form) for form in taken} - {None}
    if left or len(orders) > 1:
        return None
    return Moments(tuple(taken), any("%H" in form or "%I" in form for form in taken))


def _candidates(value: str) -> list[str]:
    offset = re.fullmatch(OFFSET, value) if re.search(r"\d:\d\d", value) else None
    text, tail = (offset[1], "%z") if offset else (value, "")
    forms = [day + time for day in DAYS for time in ("", *TIMES)]
    return [form + tail for form in forms if _read_local(text, form)]


def _read(value: str, form: str) -> datetime | None:
    if not form.endswith("%z"):
        return _read_local(value, form)
    offset = re.fullmatch(OFFSET, value)
    return _read_local(offset[1], form[:-2]) if offset else None


def _read_local(text: str, form: str) -> datetime | None:
    try:
        read = datetime.strptime(text, form)  # noqa: DTZ007  (whether it is one is all that is asked)
    except ValueError:
        return None
    return read if FIRST_YEAR <= read.year <= LAST_YEAR else None


def likelier_order(columns: Sequence[Sequence[str]], formats: Sequence[Sequence[str]]) -> bool:
    """Whether the day stands first, for texts that can be read in both ways: the denser reading.

    The dates of an export lie together; read in the wrong order, they are spread over years.
    """
    spans = {True: timedelta(), False: timedelta()}
    for values, forms in zip(columns, formats, strict=True):
        for form in forms:
            days = [read for value in values if (read := _read(value, form))]
            order = is_day_first(form)
            if days and order is not None:
                spans[order] += max(days) - min(days)
    return spans[True] < spans[False]
