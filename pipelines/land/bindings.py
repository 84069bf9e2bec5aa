"""Where a column's values come from: a cell of the record, or what the file says once for all rows.

The contract says it (`headers`, `taken_from`, `period`); here it is looked up in one file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from models.contract_parts import Column
from models.contract_rules import Period, Unit
from pipelines.land import drift
from pipelines.land.moments import ISO_DAY
from pipelines.land.stated import Days, stated_days

if TYPE_CHECKING:
    from pipelines.land.recognise import Fit


@dataclass(frozen=True)
class Binding:
    """Where a column's values come from: a cell, one value for all rows, or nowhere (all None)."""

    column: Column
    index: int | None = None
    divide_by: int = 1
    constant: str | None = None
    formats: tuple[str, ...] = ()
    """How the text is written, where it is not as the column itself declares."""
    to_end_of: Unit | None = None
    """The value is the last day of the period of this length that the text begins."""
    section: Literal["path", "name"] | None = None
    """The value is a title of the section that the record is in."""
    within: Days | None = None
    """Of dates without a year: the days between which they lie."""

    @property
    def is_bound(self) -> bool:
        """Whether the file says anything of the column."""
        return self.index is not None or self.constant is not None or self.section is not None


@dataclass(frozen=True)
class About:
    """What a file says outside its records."""

    names: tuple[str, ...]
    """What it is called: in the inbox, and inside its archive."""
    folder: str
    """Its folder below the source's own; empty where it is in that itself."""
    preamble: str
    """The records before the header, a line each."""


def folder_of(name: str) -> str:
    """The folder below the source's own of a file by its path below the inbox."""
    return "/".join(PurePosixPath(name).parts[1:-1])


def bind(column: Column, fit: Fit, about: About) -> Binding:
    """Find a column's values in a recognised file.

    Args:
        column: one of the stream's.
        fit: the file's header as the stream's shape has it.
        about: what the file says beside that.

    Raises:
        FileRefused: SCHEMA_DRIFT, where a column that must have a value has none in this file.
    """
    taken = column.taken_from
    if taken is not None and taken.period is not None:
        return _of_period(column, taken.period, fit, about)
    if column.name in fit.found:
        index, header = fit.found[column.name]
        return Binding(column, index, header.divide_by, within=_within(column, fit, about))
    if taken is None:
        return Binding(column)
    if taken.section is not None:
        return Binding(column, section=taken.section)
    value: str | None = taken.constant
    if taken.header_of is not None and taken.header_of in fit.found:
        index, header = fit.found[taken.header_of]
        value = header.captured(fit.cells[index])
    elif taken.file_name is not None:
        value = first_group(taken.file_name, about.names)
    elif taken.preamble is not None:
        value = first_group(taken.preamble, (about.preamble,))
    elif taken.folder is not None:
        value = told_by_folder(taken.folder, about.folder)
    if value is None and taken.otherwise_cell and taken.otherwise_cell in fit.found:
        return Binding(column, fit.found[taken.otherwise_cell][0])
    value = taken.otherwise if value is None else value
    if value is None and not column.nullable:
        raise drift.nothing_to_take(fit.stream, column)
    return Binding(column, constant=value)


def _of_period(column: Column, end: Literal["start", "end"], fit: Fit, about: About) -> Binding:
    """The row's own day or period, else its columns with both ends, else what the file states."""
    period = fit.stream.period
    if period is None:
        raise ValueError(f"{fit.stream.table} has no period")  # The contract refuses this.
    for unit, name in period.columns.items():
        if name in fit.found:
            formats = fit.shape.as_written(fit.stream.column(name)).formats
            last = None if end == "start" or unit == "day" else unit
            return Binding(column, fit.found[name][0], formats=formats, to_end_of=last)
    if column.name in fit.found:
        return Binding(column, fit.found[column.name][0])
    days = stated_days(period, about.names, about.preamble)
    if days is None:
        raise drift.nothing_to_take(fit.stream, column)
    said = days[0] if end == "start" else days[1]
    return Binding(column, constant=said.isoformat(), formats=(ISO_DAY,))


def _within(column: Column, fit: Fit, about: About) -> Days | None:
    """The days that say which year a column's dates are of.

    Raises:
        FileRefused: SCHEMA_DRIFT; the file does not state them, or they are over a year apart.
    """
    if column.within is None:
        return None
    period = Period(stated=(column.within,), formats=column.within.formats)
    days = stated_days(period, about.names, about.preamble)
    if days is None or _are_a_year_apart(*days):
        raise drift.nothing_to_take(fit.stream, column)
    return days


def _are_a_year_apart(first: date, last: date) -> bool:
    """Whether a day and month lies between the days in more than one year."""
    return (last.year - 1, last.month, last.day) >= (first.year, first.month, first.day)


def told_by_folder(which: Literal[True] | str, folder: str) -> str | None:
    """A folder below the source's own, or the part of it that an expression takes, if any."""
    return first_group(which, (folder,)) if isinstance(which, str) else folder or None


def first_group(regex: str, texts: Sequence[str]) -> str | None:
    """Group 1 of the first text in which an expression is found."""
    found = (re.search(regex, text, re.MULTILINE) for text in texts)
    return next((match.group(1) for match in found if match), None)
