"""What a contract is made of: headers, columns, shapes, load rules.

Belongs here: each part, and refusing one that can't be meant. How they make a stream, and how its
file is read, is in `contract.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Family = Literal["ads", "crm", "finance", "marketing", "people", "projects", "planning"]
DECIMAL = re.compile(r"^decimal\((\d{1,2}),\s*(\d{1,2})\)$")
MOST_DIGITS = 38
SIMPLE_TYPES = ("text", "integer", "date", "timestamp", "boolean")


class Declared(BaseModel):
    """Refuses what it does not know, so that a misspelt key is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Owner(Declared):
    """Who answers for the stream and is told when it breaks its contract."""

    team: str
    email: str


class Header(Declared):
    """One way a vendor writes a column's header.

    `name` is compared without regard to case and surrounding blanks; `pattern` is a regular
    expression over the whole header whose group 1 may be taken by another column (`taken_from`),
    as in `Amount spent (EUR)`. `divide_by` is a power of ten: micros and cents become units
    exactly.
    """

    name: str | None = None
    pattern: str | None = None
    divide_by: int = 1

    @model_validator(mode="after")
    def _one_of_name_and_pattern(self) -> Self:
        if (self.name is None) == (self.pattern is None):
            raise ValueError("a header is given by `name` or by `pattern`, not both")
        if self.pattern is not None:
            re.compile(self.pattern)
        if not re.fullmatch(r"10*", str(self.divide_by)):
            raise ValueError("`divide_by` must be a power of ten, so that no value is changed")
        return self

    def matches(self, header: str) -> bool:
        """Whether a file's header is this one."""
        if self.pattern is not None:
            return re.fullmatch(self.pattern, header.strip()) is not None
        return fold(self.name or "") == fold(header)

    def captured(self, header: str) -> str | None:
        """Group 1 of the pattern in a file's header; None where there is no such group."""
        found = re.fullmatch(self.pattern, header.strip()) if self.pattern else None
        return found.group(1) if found and found.re.groups else None


class Taken(Declared):
    """Where a column's value comes from when it has no cell of its own: exactly one of these."""

    header_of: Identifier | None = None
    file_name: str | None = None
    preamble: str | None = None
    constant: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError("exactly one of header_of, file_name, preamble, constant")
        for regex in (self.file_name, self.preamble):
            if regex is not None and re.compile(regex).groups < 1:
                raise ValueError("the expression needs a group ( ) around the value to take")
        return self


class Column(Declared):
    """One column of the landed table."""

    name: Identifier
    type: str
    description: str = ""
    headers: tuple[Header, ...] = ()
    taken_from: Taken | None = None
    required: bool = False
    """The header must be in the file; a file without it breaks the contract."""
    nullable: bool = True
    """An empty cell is allowed; where it is not, the row is quarantined."""
    formats: tuple[str, ...] = ()
    """strptime formats of a date or timestamp, tried in order."""
    time_zone: str = "UTC"
    """The zone in which a timestamp without offset is written; landed as UTC."""
    true_values: tuple[str, ...] = ("true", "TRUE", "True", "1")
    false_values: tuple[str, ...] = ("false", "FALSE", "False", "0")
    symbols: tuple[str, ...] = ()
    """Currency or unit texts that may stand before or after a number and are taken off."""
    percent: bool = False
    """`12.5%` becomes 0.125; the sign must be there."""
    parentheses: bool = False
    """`(12.50)` is -12.50, as accountants write it."""
    personal: bool = False
    """Personal data: never shown in evidence, alerts or logs."""

    @model_validator(mode="before")
    @classmethod
    def _plain_headers(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("headers"), list):
            headers = [{"name": h} if isinstance(h, str) else h for h in values["headers"]]
            return {**values, "headers": headers}
        return values

    @model_validator(mode="after")
    def _type_is_known(self) -> Self:
        decimal = DECIMAL.match(self.type)
        if self.type not in SIMPLE_TYPES and not decimal:
            raise ValueError(f"unknown type; use one of {', '.join(SIMPLE_TYPES)}, decimal(p,s)")
        if decimal and not 1 <= int(decimal[1]) <= MOST_DIGITS >= int(decimal[2]):
            raise ValueError("a decimal has at most 38 digits")
        if self.type in ("date", "timestamp") and not self.formats:
            raise ValueError("a date or timestamp declares its `formats`, e.g. ['%Y-%m-%d']")
        if self.percent and not decimal:
            raise ValueError("`percent` goes with a decimal type")
        self._moved_point_fits(int(decimal[2]) if decimal else 0)
        for form in self.formats:
            if "%Z" in form or "%z" in form[:-2]:
                raise ValueError("an offset is written `%z` and stands last in a format")
        if not self.headers and self.taken_from is None:
            raise ValueError("a column needs `headers` or `taken_from`")
        return self

    def _moved_point_fits(self, scale: int) -> None:
        for header in self.headers:
            places = len(str(header.divide_by)) - 1 + (2 if self.percent else 0)
            if places > scale:
                raise ValueError(
                    f"{self.type} has too few decimals: dividing moves the point by {places}"
                )

    @property
    def sql_type(self) -> str:
        """The type in DuckDB; a timestamp is in UTC, without zone."""
        names = {"text": "VARCHAR", "integer": "BIGINT", "date": "DATE", "timestamp": "TIMESTAMP"}
        names["boolean"] = "BOOLEAN"
        return names.get(self.type) or self.type.upper().replace(" ", "")

    @property
    def is_decimal(self) -> bool:
        """Whether the column is a DECIMAL."""
        return DECIMAL.match(self.type) is not None

    def header_for(self, header: str) -> Header | None:
        """The declared header that a file's header is, if any."""
        return next((known for known in self.headers if known.matches(header)), None)


class Shape(Declared):
    """One way in which the vendor writes the stream; the first whose header is found is taken."""

    name: Identifier
    format: Literal["csv", "xlsx", "parquet"] = "csv"
    encoding: Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"] = "utf-8"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] = '"'
    preamble_rows: int = Field(default=0, ge=0, le=100)
    """How many records may stand before the header; the header is looked for after each."""
    header: bool = True
    column_order: tuple[Identifier, ...] = ()
    """For files without header: the columns from left to right."""
    file_name: str | None = None
    """A regular expression the file's name must match; obligatory without header."""
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ""
    nulls: tuple[str, ...] = ("",)

    @model_validator(mode="after")
    def _headerless_files_say_their_columns(self) -> Self:
        if not self.header and not (self.column_order and self.file_name):
            raise ValueError("a shape without header needs `column_order` and `file_name`")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same character")
        return self


class SkipRule(Declared):
    """Rows that are no data, by a named rule; each is counted. Blank rows are always skipped."""

    rule: Identifier
    column: Identifier
    """The contract column whose cell is looked at."""
    starts_with: str


class ExportedAt(Declared):
    """Where a file says when it was exported; else its modification time is taken."""

    file_name: str | None = None
    preamble: str | None = None
    format: str = "%Y-%m-%d"
    time_zone: str = "UTC"


class Covers(Declared):
    """Where a file says which days it covers, those without a row included.

    The expression has two groups, the first and the last day, both of one of the `formats`.
    """

    file_name: str | None = None
    preamble: str | None = None
    formats: tuple[str, ...] = ("%Y-%m-%d",)

    @model_validator(mode="after")
    def _two_groups(self) -> Self:
        if (self.file_name is None) == (self.preamble is None):
            raise ValueError("the days are in `file_name` or in `preamble`, not both")
        if re.compile(self.file_name or self.preamble or "").groups != 2:  # noqa: PLR2004
            raise ValueError("the expression needs two groups ( ): the first and the last day")
        return self


class Load(Declared):
    """How later exports relate to earlier ones (see docs/contracts.md)."""

    rule: Literal["append", "upsert", "snapshot", "window"]
    date: Identifier | None = None
    """window: the column with the day."""
    scope: tuple[Identifier, ...] = ()
    """window: what else an export restates whole, such as the account."""
    covers: Covers | None = None
    """window: where the file says its days; else they are those of its rows."""


class Freshness(Declared):
    """How old the newest export may be."""

    warn_after_hours: int = 36
    fail_after_hours: int = 24 * 7


def fold(header: str) -> str:
    """A header as it is compared: without case, byte-order mark, and needless blanks."""
    return " ".join(header.replace("\ufeff", "").split()).casefold()
