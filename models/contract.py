"""The contract of a stream: how to recognise an export, how it is written, what a column means.

Belongs here: the shape of `models/contracts/<family>/<source>.yml`, and refusing a wrong one with
file, line and remedy. Does not belong here: reading exports (`pipelines/land`), rules about values
beyond types and keys (`expectations`), and anything about KPIs.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from models.yaml_source import DeclarationError, Location, first_problem, nearest_line, read_yaml

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Family = Literal["ads", "crm", "finance", "marketing", "people", "projects", "planning"]
DECIMAL = re.compile(r"^decimal\((\d{1,2}),\s*(\d{1,2})\)$")
MOST_DIGITS = 38
SIMPLE_TYPES = ("text", "integer", "date", "timestamp", "boolean")


class ContractError(DeclarationError):
    """A contract that cannot be used."""


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


class Stream(Declared):
    """One kind of export of one source: its contract."""

    source: Identifier
    stream: Identifier
    family: Family
    owner: Owner
    description: str
    rests_on: str = ""
    shapes: tuple[Shape, ...] = Field(min_length=1)
    columns: tuple[Column, ...] = Field(min_length=1)
    key: tuple[Identifier, ...] = ()
    load: Load
    skip: tuple[SkipRule, ...] = ()
    exported_at: ExportedAt = ExportedAt()
    freshness: Freshness = Freshness()
    completes_periods: bool = True
    """A period is complete only when this stream covers it; false for reference data."""
    restates_days: int = 0
    """The vendor still changes figures of the last so many days: they are provisional."""
    quarantine_limit: float = Field(default=0.01, ge=0, le=1)
    """Above this share of quarantined rows the whole landing is set aside. One row is always
    allowed, else a small file would be set aside for a single one; 0 allows none."""
    header_only: Literal["quarantine", "nothing_happened"] = "quarantine"
    file: Path = Path()
    line: int = 0

    @model_validator(mode="before")
    @classmethod
    def _keys_are_never_empty(cls, values: object) -> object:
        """What rows are told apart by has a value, unless its column says `nullable: true`."""
        if not isinstance(values, dict) or not isinstance(values.get("columns"), list | tuple):
            return values
        load = values.get("load")
        load = load if isinstance(load, dict) else {}
        told_apart_by = {*(values.get("key") or ()), *(load.get("scope") or ())}
        if load.get("rule") == "window":
            told_apart_by.add(load.get("date"))
        columns = [
            {"nullable": False, **column}
            if isinstance(column, dict) and column.get("name") in told_apart_by
            else column
            for column in values["columns"]
        ]
        return {**values, "columns": columns}

    @property
    def table(self) -> str:
        """The landed table's name, `<source>__<stream>`."""
        return f"{self.source}__{self.stream}"

    def column(self, name: str) -> Column:
        """The declared column of that name.

        Raises:
            KeyError: no such column.
        """
        return next(column for column in self.columns if column.name == name)

    @cached_property
    def digest(self) -> str:
        """Identity of what the contract says, wherever it stands in its file."""
        said = self.model_dump(mode="json", exclude={"file", "line"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _columns_named_elsewhere_exist(self) -> Self:
        names = [column.name for column in self.columns]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"column {sorted(repeated)[0]!r} is declared twice")
        mentioned = [("key", name) for name in self.key]
        mentioned += [("load.scope", name) for name in self.load.scope]
        mentioned += [("skip", rule.column) for rule in self.skip]
        mentioned += [
            ("column_order", name) for shape in self.shapes for name in shape.column_order
        ]
        mentioned += [
            ("taken_from.header_of", column.taken_from.header_of)
            for column in self.columns
            if column.taken_from and column.taken_from.header_of
        ]
        if self.load.date:
            mentioned.append(("load.date", self.load.date))
        for where, name in mentioned:
            if name not in names:
                raise ValueError(f"{where} names {name!r}, which is no declared column")
        if self.load.rule == "window" and not self.load.date:
            raise ValueError("load rule `window` needs `date`, the column with the day")
        if self.load.rule in ("append", "upsert") and not self.key:
            raise ValueError(f"load rule `{self.load.rule}` needs a `key`")
        if all(shape.header for shape in self.shapes) and not any(c.required for c in self.columns):
            raise ValueError("at least one column must be `required`, to recognise a file by")
        return self


def fold(header: str) -> str:
    """A header as it is compared: without case, byte-order mark, and needless blanks."""
    return " ".join(header.replace("\ufeff", "").split()).casefold()


def load_contract(file: Path) -> list[Stream]:
    """Read the streams of one source.

    Raises:
        ContractError: something in the file cannot be used; names file, line and remedy.
    """
    try:
        document, lines = read_yaml(file)
    except DeclarationError as error:
        raise ContractError(error.file, error.line, error.problem, error.remedy) from error
    if not isinstance(document, dict) or not isinstance(document.get("streams"), dict):
        raise ContractError(
            file,
            1,
            "no `streams`",
            "A contract has source, family, owner and streams; see docs/contracts.md.",
        )
    shared = {key: value for key, value in document.items() if key != "streams"}
    _refuse_unknown_keys(file, shared, lines)
    if shared.get("source") != file.stem:
        raise ContractError(
            file,
            nearest_line(lines, ("source",)),
            f"`source` is {shared.get('source')!r}",
            f"It must be the file's name, {file.stem!r}: exports are recognised by folder.",
        )
    streams = []
    for name, body in document["streams"].items():
        inside: Location = ("streams", name)
        declared = {**shared, **(body or {}), "stream": name, "file": file, "line": lines[inside]}
        try:
            streams.append(Stream.model_validate(declared))
        except ValidationError as error:
            at = error.errors()[0]["loc"]
            shared_key = bool(at) and at[0] in shared and at[0] not in (body or {})
            wrong = first_problem(error, file, lines, () if shared_key else inside)
            raise ContractError(wrong.file, wrong.line, wrong.problem, wrong.remedy) from error
    return streams


def _refuse_unknown_keys(file: Path, shared: dict[str, object], lines: dict[Location, int]) -> None:
    allowed = {"source", "family", "owner", "rests_on"}
    for key in shared:
        if key not in allowed:
            raise ContractError(
                file,
                nearest_line(lines, (key,)),
                f"unknown key {key!r}",
                f"At this level: {', '.join(sorted(allowed))}, streams.",
            )


def load_contracts(directory: Path) -> dict[str, Stream]:
    """Every stream under `directory`, by landed table name, in order of name.

    Raises:
        ContractError: a contract cannot be used, or two files declare the same source.
    """
    streams: dict[str, Stream] = {}
    for file in sorted(directory.glob("*/*.yml")):
        for stream in load_contract(file):
            if stream.table in streams:
                raise ContractError(
                    file,
                    stream.line,
                    f"stream {stream.table!r} is also declared in {streams[stream.table].file}",
                    "Keep one of the two.",
                )
            streams[stream.table] = stream
    return dict(sorted(streams.items()))
