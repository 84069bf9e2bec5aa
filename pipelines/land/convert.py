"""From text to contract types, in SQL: of each cell the exact value, or none; never a changed one.

DuckDB's own casts round, guess and forgive (`'12.345'::DECIMAL(18,2)` is 12.35). Here a cast is
only reached by text that was first shown to mean one value of the type. What is said of a refused
cell is in `reasons.py`. Expressions for plain cells come first in each CASE; few reach the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from models.contract_parts import DECIMAL, Column, Shape
from pipelines.land import sql
from pipelines.land.bindings import Binding
from pipelines.land.readers import cell

# The blanks that people cannot tell apart: no-break, figure, narrow no-break, thin.
BLANKS = " \t\u00a0\u2007\u202f\u2009"
LAST = "\U0010ffff"
ISO_DAY = "%Y-%m-%d"
ISO_SECOND = "%Y-%m-%d %H:%M:%S"
NATIVE_FORMATS = {
    "date": (ISO_DAY, "%Y-%m-%d 00:00:00"),
    "timestamp": (
        ISO_SECOND,
        "%Y-%m-%d %H:%M:%S.%f",
        ISO_DAY,
        "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S.%f%z",
    ),
}
Way = tuple[str, str]
"""A condition under which a text has a value, and that value."""
OFFSET = r"^(.*?)\s?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
MOST_LONG_DIGITS = 18
"""The digits of a decimal that DuckDB keeps, and casts to, as a machine integer."""
EXCEL_DAMAGE = r"[0-9](?:[.,][0-9]+)?E\+[0-9]+"


@dataclass(frozen=True)
class Cell:
    """A column's text in a record, and how it is to be understood."""

    binding: Binding
    shape: Shape
    is_id: bool
    """Part of the key, or a text `…_id`: what Excel made a number of is refused."""
    native: bool = False

    @property
    def column(self) -> Column:
        """The contract's column."""
        return self.binding.column

    @property
    def text(self) -> str:
        """The cell as SQL text; NULL where the file has neither cell nor value."""
        if self.binding.index is not None:
            return cell(self.binding.index)
        constant = self.binding.constant
        return "CAST(NULL AS VARCHAR)" if constant is None else sql.text(constant)

    @property
    def is_empty(self) -> str:
        """Whether the cell says nothing: a declared null, blanks around it aside."""
        tokens = sorted({token.strip(BLANKS) for token in self.shape.nulls})
        if not tokens:
            return f"({self.text} IS NULL)"
        blanks = f"[{BLANKS}]*"
        pattern = f"{blanks}(?:{'|'.join(map(_escaped, reversed(tokens)))}){blanks}"
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
    def trimmed(self) -> str:
        """The text without blanks around it."""
        return f"trim({self.text}, {sql.text(BLANKS)})"

    @property
    def formats(self) -> tuple[str, ...]:
        """The forms in which a date or time may be written."""
        own = NATIVE_FORMATS[self.column.type] if self.native else ()
        return (*self.column.formats, *own)

    @property
    def value(self) -> str:
        """The cell as a value of the column's type; NULL if empty, or if there is no such value."""
        kind = self.column.type
        if self.binding.index is None and self.binding.constant is None:
            return f"CAST(NULL AS {self.column.sql_type})"
        if kind == "text":
            damaged = f" OR {self.is_damaged}" if self.is_id else ""
            return f"CASE WHEN {self.is_empty}{damaged} THEN NULL ELSE {self.text} END"
        if kind == "boolean":
            return self._first(self._boolean)
        if kind in ("date", "timestamp"):
            return f"CAST({self._first(self._moment)} AS {self.column.sql_type})"
        return number(self).value

    def _first(self, ways: Callable[[str], list[Way]]) -> str:
        """The value by the first way to read the text; failing that, without blanks around it."""

        def cases(text: str) -> str:
            return " ".join(f"WHEN {condition} THEN {value}" for condition, value in ways(text))

        trimmed = f"CASE {cases(self.trimmed)} END"
        # One CASE: DuckDB would compute parts of a COALESCE for all rows.
        return f"CASE {cases(self.text)} WHEN {self.trimmed} <> {self.text} THEN {trimmed} END"

    def _boolean(self, text: str) -> list[Way]:
        return [
            (f"{text} IN ({sql.texts(self.column.true_values)})", "true"),
            (f"{text} IN ({sql.texts(self.column.false_values)})", "false"),
        ]

    def _moment(self, text: str) -> list[Way]:
        """A time stamp in UTC, or a day at midnight, in each of the formats."""
        return [way for form in self.formats for way in _ways(self.column, text, form)]

    @property
    def is_damaged(self) -> str:
        """Whether an identifier has been through Excel as a number (1.23E+15)."""
        expression = f"regexp_full_match({self.text}, {sql.text(EXCEL_DAMAGE)})"
        return f"(contains({self.text}, 'E+') AND {expression})"

    @property
    def is_broken(self) -> str | None:
        """Whether the cell breaks the contract, where its value is already named; None: never."""
        value = sql.identifier(self.column.name)
        if not self.column.nullable:
            return f"{value} IS NULL"
        if self.binding.index is None and self.binding.constant is None:
            return None
        if self.column.type == "text" and not self.is_id:
            return None
        # CASE, so that only cells without value are looked at.
        return f"CASE WHEN {value} IS NULL THEN NOT {self.is_empty} ELSE false END"


@dataclass(frozen=True)
class Number:
    """How a numeric column's text becomes a number, in the steps that its reasons need too."""

    value: str
    plain: str
    """The text with point and without anything else; NULL if it is not well formed."""
    exact: str
    """A regular expression of `plain` numbers that the type holds without rounding."""


def number(numeric: Cell) -> Number:
    """The conversion of a decimal or integer column."""
    column, shape, text = numeric.column, numeric.shape, numeric.text
    found = DECIMAL.match(column.type)
    digits, scale = (int(found[1]), int(found[2])) if found else (MOST_LONG_DIGITS + 1, 0)
    shift = len(str(numeric.binding.divide_by)) - 1 + (2 if column.percent else 0)
    decimals = scale - shift  # of the text, before it is divided
    point, group = re.escape(shape.decimal), _group(shape.thousands)
    fraction = f"(?:{point}[0-9]{{0,{decimals}}})?" if decimals else ""

    def cast(plain: str) -> str:
        if not found:
            return f"TRY_CAST({plain} AS BIGINT)"
        return _shifted(_to_decimal(plain, digits, decimals), digits, scale, shift)

    plain = _plain(numeric, point, group)
    exact = f"-?[0-9]*(?:[.][0-9]{{0,{decimals}}})?" if decimals else "-?[0-9]+"
    branches = []
    if not column.percent:
        pointed = text if shape.decimal == "." else f"replace({text}, ',', '.')"
        branches.append((f"-?[0-9]+{fraction}", pointed))
        if shape.thousands:
            separator = sql.text(shape.thousands)
            ungrouped = f"replace({text}, {separator}, '')"
            if shape.decimal != ".":
                ungrouped = f"replace({ungrouped}, ',', '.')"
            same = re.escape(shape.thousands)
            branches.append((f"-?[0-9]{{1,3}}(?:{same}[0-9]{{3}})+{fraction}", ungrouped))
    cases = " ".join(
        f"WHEN regexp_full_match({text}, {sql.text(pattern)}) THEN {cast(source)}"
        for pattern, source in branches
    )
    slow = f"CASE WHEN regexp_full_match({plain}, {sql.text(exact)}) THEN {cast(plain)} END"
    return Number(f"CASE {cases} WHEN {text} = '' THEN NULL ELSE {slow} END", plain, exact)


def _plain(numeric: Cell, point: str, group: str) -> str:
    """Take off what the contract allows around a number; NULL if the rest is not well formed."""
    column, text = numeric.column, numeric.trimmed
    if column.parentheses:
        text = f"regexp_replace({text}, '^\\((.*)\\)$', '-\\1')"
    if column.symbols:
        known = "|".join(_escaped(symbol) for symbol in column.symbols)
        blanks = f"[{BLANKS}]*"
        before = sql.text(f"^([-+]?)(?:{known}){blanks}")
        text = f"regexp_replace({text}, {before}, '\\1')"
        text = f"regexp_replace({text}, {sql.text(f'{blanks}(?:{known})$')}, '')"
    sign = f"[{BLANKS}]*%" if column.percent else ""
    whole = f"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)" if group else "[0-9]+"
    formed = sql.text(f"[-+]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+){sign}")
    bare = f"regexp_replace({text}, {sql.text(f'[^-0-9{point}]')}, '', 'g')"
    if numeric.shape.decimal != ".":
        bare = f"replace({bare}, ',', '.')"
    decimals = _decimals(numeric)
    # Zeros beyond the type's decimals change no value.
    tail, kept = (f"([.][0-9]{{{decimals}}})0+$", "\\1") if decimals else ("[.]0*$", "")
    bare = f"regexp_replace({bare}, {sql.text(tail)}, {sql.text(kept)})"
    return f"CASE WHEN regexp_full_match({text}, {formed}) THEN {bare} END"


def _decimals(numeric: Cell) -> int:
    found = DECIMAL.match(numeric.column.type)
    shift = len(str(numeric.binding.divide_by)) - 1 + (2 if numeric.column.percent else 0)
    return (int(found[2]) if found else 0) - shift


def _to_decimal(plain: str, digits: int, decimals: int) -> str:
    wide = f"TRY_CAST({plain} AS DECIMAL({digits}, {decimals}))"
    room = MOST_LONG_DIGITS - decimals
    if digits <= MOST_LONG_DIGITS or room < 1:
        return wide
    # Casting text to more than 18 digits takes 40 times as long; few numbers need it.
    short = f"CAST(TRY_CAST({plain} AS DECIMAL(18, {decimals})) AS DECIMAL({digits}, {decimals}))"
    return f"CASE WHEN strlen({plain}) <= {room} THEN {short} ELSE {wide} END"


def _shifted(value: str, digits: int, scale: int, shift: int) -> str:
    if not shift:
        return value
    # One times ten to the minus `shift`: the digits stay, the point moves.
    unit = f"CAST('0.{'0' * (shift - 1)}1' AS DECIMAL({shift}, {shift}))"
    return f"TRY_CAST({value} * {unit} AS DECIMAL({digits}, {scale}))"


def _ways(column: Column, text: str, form: str) -> list[Way]:
    """When a text is a moment in a format exactly, and which one."""
    if form.endswith("%z"):
        local, offset = (f"regexp_extract({text}, {sql.text(OFFSET)}, {group})" for group in (1, 2))
        (condition, moment), *_ = _strictly(local, form[:-2].rstrip())
        return [(condition, f"{moment} - {_offset(offset)}")]
    ways = _strictly(text, form)
    if form == ISO_DAY:
        day = f"TRY_CAST({text} AS DATE)"
        exact = f"strlen({text}) = 10 AND CAST({day} AS VARCHAR) = {text}"
        ways.insert(0, (exact, f"CAST({day} AS TIMESTAMP)"))
    elif form == ISO_SECOND:
        second = f"TRY_CAST({text} AS TIMESTAMP)"
        exact = f"strlen({text}) = 19 AND CAST({second} AS VARCHAR) = {text}"
        ways.insert(0, (exact, second))
    if column.type == "date" or column.time_zone == "UTC":
        return ways
    zone = sql.text(column.time_zone)

    def there(moment: str) -> str:
        return f"timezone({zone}, {moment})"

    # A clock time that the zone skipped in spring comes back as another one: refused.
    return [
        (
            f"({condition}) AND timezone({zone}, {there(moment)}) = {moment}",
            f"timezone('UTC', {there(moment)})",
        )
        for condition, moment in ways
    ]


def _strictly(text: str, form: str) -> list[Way]:
    """The moment whose text in this form is the text, leading zeros and case aside."""
    moment = f"try_strptime({text}, {sql.text(form)})"
    again = f"strftime({moment}, {sql.text(form)})"
    same = f"{again} = {text} OR {_loosely(again, form)} = {_loosely(text, form)}"
    return [(same, moment)]


def _loosely(text: str, form: str) -> str:
    text = f"lower({text})"
    if "%f" in form:
        text = f"regexp_replace({text}, '[.](\\d*?)0*(\\D|$)', '.\\1\\2', 'g')"
    return f"regexp_replace({text}, '\\b0(\\d)\\b', '\\1', 'g')"


def _offset(text: str) -> str:
    sign = f"CASE WHEN starts_with({text}, '-') THEN -1 ELSE 1 END"
    figures = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    hours = f"coalesce(TRY_CAST(left({figures}, 2) AS INTEGER), 0)"
    minutes = f"coalesce(TRY_CAST(substr({figures}, 3, 2) AS INTEGER), 0)"
    return f"to_minutes({sign} * ({hours} * 60 + {minutes}))"


def _group(thousands: str) -> str:
    """The thousands separator as a regular expression; a blank stands for all kinds of it."""
    return f"[{BLANKS}]" if thousands == " " else re.escape(thousands)


def starts_blank(text: str) -> str:
    """Whether a text may begin with a blank; true of some that do not, and cheap to ask."""
    return f"({text} < '!' OR {text} > '~')"


def _escaped(text: str) -> str:
    """A text as a regular expression for itself, in what DuckDB's engine understands."""
    return re.sub(r"([.^$*+?{}\[\]\\|()\-/])", r"\\\1", text)
