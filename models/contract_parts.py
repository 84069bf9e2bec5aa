"""What a contract is made of: owner, headers, columns, shapes.

Belongs here: how one cell and one file are written, and refusing what can't be meant. What holds of
the records together (totals, sections, periods, load rules) is in `contract_rules.py`; how all of
it makes a stream is in `contract.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models.headers import fold

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Family = Literal["ads", "crm", "finance", "marketing", "people", "projects", "planning"]
DECIMAL = re.compile(r"^decimal\((\d{1,2}),\s*(\d{1,2})\)$")
MOST_DIGITS = 38
SIMPLE_TYPES = ("text", "integer", "date", "timestamp", "boolean")
EXCEL_SERIAL = "excel"
"""Among `formats`: the number of days by which Excel counts a date."""
BOOKKEEPING = re.compile(r"_(fivetran|airbyte|dlt|sdc|stitch|hevo)_?\w*", re.IGNORECASE)
"""Columns that a sync tool adds to a vendor's table: kept beside the others, and no drift."""


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
    period: Literal["start", "end"] | None = None
    """The first or last day of the period that the row, or else the file, speaks of."""
    section: Literal["path", "name"] | None = None
    """Of a report in sections: the titles above the row, joined by `:`, or the last of them."""
    folder: Literal[True] | str | None = None
    """The folder below the source's own: `inbox/google_ads/<this>/report.csv`; or the part of it
    that is group 1 of an expression."""
    otherwise_cell: Identifier | None = None
    """Where the file says nothing in that place: the column whose cell is the value, if the file
    has it."""
    otherwise: str | None = None
    """The value of a file that says nothing in either."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [n for n, value in self if value is not None and not n.startswith("otherwise")]
        if len(given) != 1:
            raise ValueError(
                "exactly one of header_of, file_name, preamble, constant, period, section, folder"
            )
        folder = self.folder if isinstance(self.folder, str) else None
        for regex in (self.file_name, self.preamble, folder):
            if regex is not None and re.compile(regex).groups < 1:
                raise ValueError("the expression needs a group ( ) around the value to take")
        return self


class MinorUnits(Declared):
    """Amounts in the currency's smallest unit, as `1999` for 19.99: by currency, how many decimals.

    A vendor has a list of its own, which is not always ISO 4217's. A row whose currency is not said
    is broken: nobody knows what its amount is.
    """

    currency: Identifier
    """The column with the row's currency."""
    decimals: int = Field(default=2, ge=0, le=4)
    """Of every currency that is not named in `exceptions`."""
    exceptions: dict[str, int] = {}
    """By ISO code in capitals: `{JPY: 0, KWD: 3}`."""

    @model_validator(mode="after")
    def _codes_are_codes(self) -> Self:
        for code, decimals in self.exceptions.items():
            if not re.fullmatch(r"[A-Z]{3}", code) or not 0 <= decimals <= 4:  # noqa: PLR2004
                raise ValueError("`exceptions` names currencies as `JPY: 0`, with 0 to 4 decimals")
        return self


class Stated(Declared):
    """Where a file states a day or a span of days: by an expression with one or two groups.

    One group is a single day; two are the first and the last one.
    """

    file_name: str | None = None
    preamble: str | None = None

    @model_validator(mode="after")
    def _one_place_and_its_groups(self) -> Self:
        if (self.file_name is None) == (self.preamble is None):
            raise ValueError("the days are in `file_name` or in `preamble`, not both")
        if re.compile(self.file_name or self.preamble or "").groups not in (1, 2):
            raise ValueError("the expression needs groups ( ) around the first and the last day")
        return self


class Within(Stated):
    """The span, of at most a year, in which dates without a year lie."""

    formats: tuple[str, ...] = ("%Y-%m-%d",)


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
    """strptime formats of a date or timestamp, tried in order; `excel` is Excel's day number."""
    within: Within | None = None
    """date without a year (`%d%m`): the span of at most a year that says which year is meant."""
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
    trailing_minus: bool = False
    """`12.50-` is -12.50, as older ledgers write it."""
    minor_units: MinorUnits | None = None
    """The amount is in cents, or whatever the row's currency has."""
    separators: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    """Marks that part an identifier for the eye alone: `123-456-7890` is 1234567890."""
    nulls: tuple[str, ...] = ()
    """Texts that mean "nothing here" in this column, beside those of the shape."""
    as_above: bool = False
    """An empty cell means the same as the cell above it."""
    happened: bool = False
    """The day of something that has happened: a row dated after its export is quarantined."""
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
        if (self.percent or self.minor_units) and not decimal:
            raise ValueError("`percent` and `minor_units` go with a decimal type")
        if self.separators and self.type != "text":
            raise ValueError("`separators` goes with an identifier, which is a text")
        if self.happened and self.type not in ("date", "timestamp"):
            raise ValueError("`happened` goes with a date or timestamp")
        if self.within and self.type != "date":
            raise ValueError("`within` goes with a date")
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

    @property
    def scale(self) -> int:
        """How many decimals the column's type keeps."""
        found = DECIMAL.match(self.type)
        return int(found[2]) if found else 0

    def header_for(self, header: str) -> Header | None:
        """The declared header that a file's header is, if any."""
        return next((known for known in self.headers if known.matches(header)), None)


class Shape(Declared):
    """One way in which the vendor writes the stream; the first whose header is found is taken."""

    name: Identifier
    format: Literal["csv", "xlsx", "parquet", "json"] = "csv"
    """json: an array of objects, one object a line, or (see `records`) an array within one."""
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
    folder: str | None = None
    """The same for the folder below the source's own, which is empty for a file in that itself."""
    sheet: tuple[str, ...] = ()
    """xlsx: the sheet's name, or its names by locale; the first sheet where none is named."""
    records: str = ""
    """json: the path, with dots, to the array of records within the document."""
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] = ""
    grouping: Literal["thousand", "indian"] = "thousand"
    """indian: `1,23,456.78`."""
    day_first: bool | None = None
    """Whether 03/04 is the 3 April. Of a column with formats for both, only those of the order
    that is said here are tried; where none is said, none of either: nobody can know."""
    language: str = "en"
    """The language of names of months in dates, as CLDR writes it: `de`, `pt_BR`, `zh_Hant`."""
    nulls: tuple[str, ...] = ("",)

    @model_validator(mode="before")
    @classmethod
    def _one_sheet_is_a_list(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("sheet"), str):
            return {**values, "sheet": [values["sheet"]]}
        return values

    @model_validator(mode="after")
    def _headerless_files_say_their_columns(self) -> Self:
        if not self.header and not (self.column_order and self.file_name):
            raise ValueError("a shape without header needs `column_order` and `file_name`")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same character")
        for regex in (self.file_name, self.folder):
            re.compile(regex or "")
        return self

    def as_written(self, column: Column) -> Column:
        """The column with the formats that its dates may have in this shape."""
        orders = {form: is_day_first(form) for form in column.formats}
        if not {True, False} <= set(orders.values()):
            return column
        formats = tuple(f for f, order in orders.items() if order in (None, self.day_first))
        return column.model_copy(update={"formats": formats})


class Freshness(Declared):
    """How old the newest export may be."""

    warn_after_hours: int = 36
    fail_after_hours: int = 24 * 7


def is_day_first(form: str) -> bool | None:
    """The order of day and month in a format that another country reads the other way round.

    None where nobody would: the year or a name of the month tells, or points between, with which
    the day always stands first.
    """
    order = re.match(r"%([dm])[/-]%([dm])[/-]", form)
    return order[1] == "d" if order else None
