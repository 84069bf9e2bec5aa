"""From text to contract types, in SQL: of each cell the exact value, or none; never a changed one.

Here is what all types share: which text a cell is, when it is empty, when it is broken. Numbers are
in `numbers.py`, dates and times in `moments.py`; what is said of a refused cell is in `reasons.py`.
Expressions for plain cells come first in each CASE; few reach the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from models.contract_parts import Column, Shape
from pipelines.land import moments, sql
from pipelines.land.bindings import Binding
from pipelines.land.moments import NATIVE_FORMATS, Way
from pipelines.land.numbers import BLANKS, Number, Point, any_of, number
from pipelines.land.readers import cell, cell_above, section_title

LAST = "\U0010ffff"
EXCEL_DAMAGE = r"[0-9](?:[.,][0-9]+)?E\+[0-9]+"
FIRST_DAY = date(1950, 1, 1)
"""Nothing that a company measures happened earlier: such a date is a system's way to say none."""


@dataclass(frozen=True)
class Cell:
    """A column's text in a record, and how it is to be understood."""

    binding: Binding
    shape: Shape
    is_id: bool
    """Part of the key, or a text `…_id`: what Excel made a number of is refused."""
    native: bool = False
    latest: date | None = None
    """The last day on which anything can have happened that the export tells of."""
    currency: str = ""
    """The row's currency, in SQL, where an amount is in its smallest unit."""

    @property
    def column(self) -> Column:
        """The contract's column."""
        return self.binding.column

    @property
    def text(self) -> str:
        """The cell as SQL text; NULL where the file has neither cell nor value."""
        if self.binding.index is not None:
            name = cell_above if self.column.as_above else cell
            return name(self.binding.index)
        if self.binding.section:
            return section_title(self.binding.section)
        constant = self.binding.constant
        return "CAST(NULL AS VARCHAR)" if constant is None else sql.text(constant)

    @property
    def is_empty(self) -> str:
        """Whether the cell says nothing: a declared null, blanks around it aside."""
        nulls = (*self.shape.nulls, *self.column.nulls)
        tokens = sorted({token.strip(BLANKS) for token in nulls})
        if not tokens:
            return f"({self.text} IS NULL)"
        blanks = f"[{BLANKS}]*"
        pattern = f"{blanks}(?:{any_of(tokens)}){blanks}"
        # Comparing is far cheaper than the expression, and leaves few texts to it.
        maybe = " OR ".join(
            [starts_blank(self.text)]
            + [f"{self.text} BETWEEN {sql.text(t)} AND {sql.text(t + LAST)}" for t in tokens if t]
        )
        return (
            f"CASE WHEN {self.text} IS NULL OR {self.text} IN ({sql.texts(tokens)}) THEN true"
            f" WHEN {maybe} THEN regexp_full_match({self.text}, {sql.text(pattern)})"
            " ELSE false END"
        )

    @property
    def formats(self) -> tuple[str, ...]:
        """The forms in which a date or time may be written."""
        own = NATIVE_FORMATS[self.column.type] if self.native else ()
        return (*(self.binding.formats or self.column.formats), *own)

    @property
    def value(self) -> str:
        """The cell as a value of the column's type; NULL if empty, or if there is no such value."""
        kind = self.column.type
        if not self.binding.is_bound:
            return f"CAST(NULL AS {self.column.sql_type})"
        if kind == "text":
            damaged = f" OR {self.is_damaged}" if self.is_id else ""
            return f"CASE WHEN {self.is_empty}{damaged} THEN NULL ELSE {self._joined} END"
        if kind == "boolean":
            return self._first(self._boolean)
        if kind in ("date", "timestamp"):
            return f"CAST({self._to_end(self._first(self._moment))} AS {self.column.sql_type})"
        return self.number.value

    @property
    def _joined(self) -> str:
        """The text without the marks that only part it for the eye."""
        joined = self.text
        for mark in self.column.separators:
            joined = f"replace({joined}, {sql.text(mark)}, '')"
        return joined

    @property
    def number(self) -> Number:
        """The conversion of a numeric column, in its steps."""
        units = self.column.minor_units
        point = Point(self.currency, units.decimals, units.exceptions) if units else None
        return number(self.column, self.shape, self.text, self.binding.divide_by, point)

    def _first(self, ways: Callable[[str], Sequence[Way]]) -> str:
        """The value by the first way to read the text; failing that, with its blanks made plain."""
        if not ways(self.text):
            return "NULL"  # Of dates in either order of day and month, and nobody says which.

        def cases(text: str) -> str:
            return " ".join(f"WHEN {condition} THEN {value}" for condition, value in ways(text))

        blanks = sql.text(f"[{BLANKS}]+")
        plain = f"trim(regexp_replace({self.text}, {blanks}, ' ', 'g'))"
        # One CASE: DuckDB would compute parts of a COALESCE for all rows.
        otherwise = f"WHEN {plain} <> {self.text} THEN CASE {cases(plain)} END"
        return f"CASE {cases(self.text)} {otherwise} END"

    def _boolean(self, text: str) -> list[Way]:
        return [
            (f"{text} IN ({sql.texts(self.column.true_values)})", "true"),
            (f"{text} IN ({sql.texts(self.column.false_values)})", "false"),
        ]

    def _moment(self, text: str) -> list[Way]:
        """A time stamp in UTC, or a day at midnight, in each of the formats."""
        return [
            way
            for form in self.formats
            for way in moments.ways(
                self.column, text, form, self.shape.language, self.binding.within
            )
        ]

    def _to_end(self, moment: str) -> str:
        unit = self.binding.to_end_of
        return moments.last_day(moment, unit) if unit else moment

    @property
    def is_damaged(self) -> str:
        """Whether an identifier has been through Excel as a number (1.23E+15)."""
        expression = f"regexp_full_match({self.text}, {sql.text(EXCEL_DAMAGE)})"
        return f"(contains({self.text}, 'E+') AND {expression})"

    @property
    def cannot_have_happened(self) -> str | None:
        """Whether a day lies after the export, or before anything did; its value is named already.

        None where the column does not say that it is of something that has happened.
        """
        if not self.column.happened or self.latest is None:
            return None
        day = f"CAST({sql.identifier(self.column.name)} AS DATE)"
        return f"({day} > DATE '{self.latest}' OR {day} < DATE '{FIRST_DAY}')"

    @property
    def is_broken(self) -> str | None:
        """Whether the cell breaks the contract, where its value is already named; None: never."""
        value = sql.identifier(self.column.name)
        impossible = self.cannot_have_happened
        if not self.column.nullable:
            return f"({value} IS NULL{f' OR {impossible}' if impossible else ''})"
        if not self.binding.is_bound:
            return None
        if self.column.type == "text" and not self.is_id:
            return None
        # CASE, so that only cells without value are looked at.
        otherwise = f"coalesce({impossible}, false)" if impossible else "false"
        return f"CASE WHEN {value} IS NULL THEN NOT {self.is_empty} ELSE {otherwise} END"


def starts_blank(text: str) -> str:
    """Whether a text may begin with a blank; true of some that do not, and cheap to ask."""
    return f"({text} < '!' OR {text} > '~')"
