"""What holds of an export's records together: totals, sections, periods, and how exports relate.

Belongs here: each of these rules, and refusing one that can't be meant. How one cell is written is
in `contract_parts.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from models.contract_parts import Declared, Identifier, Stated

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")


class Totals(Declared):
    """What a total row is the total of: it is compared with those rows, and never added to them."""

    columns: tuple[Identifier, ...] = Field(min_length=1)
    """The columns that add up. Rates, averages, reach and running balances do not."""
    of: Literal["file", "section", "hidden_rows"] = "file"
    """hidden_rows: also of rows that the export does not show, so that a difference is
    information."""
    tolerance: Decimal = Field(default=Decimal("0.05"), ge=0)
    """How far vendors' own rounding may take a total from its rows, in units of the column."""
    rows_rounded: bool = False
    """Each row is rounded to hundredths by itself, as ad platforms do: of n rows a decimal total
    may be off by 0.012 * sqrt(n), which is four standard deviations of the sum of n roundings."""


class SkipRule(Declared):
    """Rows that are no data, by a named rule; each is counted. Blank rows are always skipped.

    Which rows: the cell of `column`, or the one at place `cell` from the left, begins with one of
    `starts_with`, is matched as a whole by `pattern`, or is `empty`. A total that is a summary row
    in front of the data is found in the same way.
    """

    rule: Identifier
    column: Identifier | None = None
    """The contract column whose cell is looked at."""
    cell: int | None = Field(default=None, ge=1)
    """The place from the left, where the text may stand under whatever header comes first."""
    starts_with: tuple[str, ...] = ()
    pattern: str | None = None
    empty: bool = False
    alone: bool = False
    """Only where that cell is the one filled cell of its row, as in notes below a report."""
    totals: Totals | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_text_is_a_list(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("starts_with"), str):
            return {**values, "starts_with": [values["starts_with"]]}
        return values

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.column is None) == (self.cell is None):
            raise ValueError("a skip rule looks at a `column` or at a `cell`, not at both")
        if bool(self.starts_with) + (self.pattern is not None) + self.empty != 1:
            raise ValueError("a skip rule says one of `starts_with`, `pattern`, `empty`")
        if self.alone and self.empty:
            raise ValueError("a cell that is `alone` in its row is not `empty`")
        if self.pattern is not None:
            re.compile(self.pattern)
        return self


class Sections(Declared):
    """A report in sections: a title alone in its row, the rows below it, and a row with the total.

    The titles are taken by columns (`taken_from: {section: path}`); a section may have sections.
    """

    cell: int = Field(default=1, ge=1)
    """The place of the titles, from the left."""
    total: str = r"Total (?:for )?(.+)"
    """The title's total row, as an expression over the whole cell with the title as group 1."""

    @model_validator(mode="after")
    def _the_title_is_a_group(self) -> Self:
        if re.compile(self.total).groups != 1:
            raise ValueError("`total` needs one group ( ) around the section's title")
        return self


class Period(Declared):
    """Which days a row speaks of, and where they are said.

    The row's own day (week, month, quarter, year) goes before its columns with both ends, and these
    before what the file states once for all rows. A row of several days is never spread over them.
    """

    day: Identifier | None = None
    week: Identifier | None = None
    month: Identifier | None = None
    quarter: Identifier | None = None
    year: Identifier | None = None
    """Columns with a day, or with the first day of a longer period."""
    stated: tuple[Stated, ...] = ()
    """Where the file states the first and last day; the first place found holds. It also says
    which days the export covers, those without a row included."""
    formats: tuple[str, ...] = ("%Y-%m-%d",)
    """How the stated days are written."""
    languages: tuple[str, ...] = ("en",)
    """In which languages their months may be named, as CLDR writes these: `de`, `pt_BR`."""

    @property
    def columns(self) -> dict[Unit, str]:
        """The declared columns by their unit, shortest first."""
        return {unit: name for unit in UNITS if (name := getattr(self, unit)) is not None}


class ExportedAt(Declared):
    """Where a file says when it was exported; else its modification time is taken."""

    file_name: str | None = None
    preamble: str | None = None
    format: str = "%Y-%m-%d"
    time_zone: str = "UTC"


class Load(Declared):
    """How later exports relate to earlier ones (see docs/contracts.md)."""

    rule: Literal["append", "upsert", "snapshot", "window"]
    date: Identifier | None = None
    """window: the column with the day, or with the first day of a row's period."""
    until: Identifier | None = None
    """window: the column with the last day of a row's period, where rows may have several days."""
    scope: tuple[Identifier, ...] = ()
    """window: what else an export restates whole, such as the account."""
