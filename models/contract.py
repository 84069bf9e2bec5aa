"""The contract of a stream: how to recognise an export, how it is written, what a column means.

Belongs here: the shape of `models/contracts/<family>/<source>.yml`, and refusing a wrong one with
file, line and remedy. Does not belong here: reading exports (`pipelines/land`), rules about values
beyond types and keys (`expectations`), and anything about KPIs.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    ValidationError,
    model_validator,
)

from models.contract_parts import (
    Column,
    Declared,
    Family,
    Freshness,
    Header,
    Identifier,
    Owner,
    Shape,
)
from models.contract_rules import ExportedAt, Load, Period, Sections, SkipRule
from models.headers import drawn, fold
from models.yaml_source import (
    DeclarationError,
    Location,
    first_problem,
    nearest_line,
    passed_over,
    read_yaml,
)

PART_OF_MONEY_FROM = 50
"""ads: from this `spend_rank` on a report has only a part of the money, such as search terms."""


class ContractError(DeclarationError):
    """A contract that cannot be used."""


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
    one_of: tuple[tuple[Identifier, ...], ...] = ()
    """Of each of these groups of columns at least one has a header in the file."""
    key: tuple[Identifier, ...] = ()
    load: Load
    skip: tuple[SkipRule, ...] = ()
    sections: Sections | None = None
    period: Period | None = None
    spend_rank: int | None = Field(default=None, ge=1)
    """ads: of all reports of one account's money the lowest is the spend, the others are views."""
    unit_jumps: Literal["hold", "expected"] = "hold"
    """A file whose amounts are 100 or 1,000,000 times those of before is held."""
    exported_at: ExportedAt = ExportedAt()
    freshness: Freshness = Freshness()
    completes_periods: bool = True
    """A period is complete only when this stream covers it; false for reference data."""
    gaps: Literal["by_scope", "by_stream", "whole_weeks"] = "by_scope"
    """load rule `window`: whose missing days are told: each account's, the stream's, or only weeks
    that no export covers, where a day without a row is usual."""
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
            told_apart_by |= {load.get("date"), load.get("until")}
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

    def declares(self, header: str) -> tuple[Column, Header] | None:
        """The column that a file's header is, and the declared way of writing it.

        A name goes before a pattern, and what is declared first before what comes after.
        """
        named = self._headers_by_name.get(fold(header))
        return named or next(
            (known for known in self._headers_by_pattern if known[1].matches(header)), None
        )

    def is_drawn_as(self, header: str) -> Header | None:
        """The declared header that one looks like without being it: letters of another script."""
        if header.isascii() or self.declares(header):
            return None
        return self._headers_by_look.get(drawn(header))

    @cached_property
    def _headers_by_look(self) -> dict[str, Header]:
        known = [header for column in self.columns for header in column.headers if header.name]
        return {drawn(header.name or ""): header for header in reversed(known)}

    @cached_property
    def _headers_by_name(self) -> dict[str, tuple[Column, Header]]:
        # A source may have thousands of headers: they are looked up, and not gone through.
        found: dict[str, tuple[Column, Header]] = {}
        for column in self.columns:
            for header in column.headers:
                if header.name is not None:
                    found.setdefault(fold(header.name), (column, header))
        return found

    @cached_property
    def _headers_by_pattern(self) -> tuple[tuple[Column, Header], ...]:
        return tuple(
            (column, header)
            for column in self.columns
            for header in column.headers
            if header.pattern is not None
        )

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
        mentioned += [("one_of", name) for group in self.one_of for name in group]
        mentioned += [("load.scope", name) for name in self.load.scope]
        mentioned += [("skip", rule.column) for rule in self.skip if rule.column]
        mentioned += [
            ("skip.totals", name) for r in self.skip if r.totals for name in r.totals.columns
        ]
        mentioned += [("period", name) for name in (self.period or Period()).columns.values()]
        mentioned += [
            ("minor_units", column.minor_units.currency)
            for column in self.columns
            if column.minor_units
        ]
        mentioned += [
            ("column_order", name) for shape in self.shapes for name in shape.column_order
        ]
        mentioned += [
            (f"taken_from.{how}", name)
            for column in self.columns
            for how in ("header_of", "otherwise_cell")
            if (name := getattr(column.taken_from, how, None)) is not None
        ]
        mentioned += [
            (f"load.{end}", name)
            for end in ("date", "until")
            if (name := getattr(self.load, end)) is not None
        ]
        for where, name in mentioned:
            if name not in names:
                raise ValueError(f"{where} names {name!r}, which is no declared column")
        if self.load.rule == "window" and not self.load.date:
            raise ValueError("load rule `window` needs `date`, the column with the day")
        self._taken_from_what_is_declared()
        if self.load.rule in ("append", "upsert") and not self.key:
            raise ValueError(f"load rule `{self.load.rule}` needs a `key`")
        recognisable = self.one_of or any(column.required for column in self.columns)
        if all(shape.header for shape in self.shapes) and not recognisable:
            raise ValueError("at least one column must be `required`, to recognise a file by")
        return self

    def _taken_from_what_is_declared(self) -> None:
        taken = [column.taken_from for column in self.columns if column.taken_from]
        if any(each.period for each in taken) and self.period is None:
            raise ValueError("`taken_from: {period: …}` needs the stream's `period`")
        if any(each.section for each in taken) != (self.sections is not None):
            raise ValueError("`sections` and a column with `taken_from: {section: …}` go together")
        if any(r.totals and r.totals.of == "section" for r in self.skip) and not self.sections:
            raise ValueError("a total of a section needs the stream's `sections`")


def load_contract(file: Path) -> list[Stream]:
    """Read the streams of one source, or of the part of it that the file holds.

    What stands beside `streams` holds for each of them, unless one says otherwise; `columns` there
    are only taken by the streams that name them.

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
    source = file.stem.partition(".")[0]
    if shared.get("source") != source:
        raise ContractError(
            file,
            nearest_line(lines, ("source",)),
            f"`source` is {shared.get('source')!r}",
            f"It must be the file's name, {source!r}: exports are recognised by folder.",
        )
    common = shared.pop("columns", [])
    streams = []
    for name, body in document["streams"].items():
        inside: Location = ("streams", name)
        declared = {**shared, **(body or {}), "stream": name, "file": file, "line": lines[inside]}
        declared["columns"] = _with_common(file, common, declared.get("columns"), inside, lines)
        try:
            streams.append(Stream.model_validate(declared))
        except ValidationError as error:
            at = error.errors()[0]["loc"]
            shared_key = bool(at) and at[0] in shared and at[0] not in (body or {})
            wrong = first_problem(error, file, lines, () if shared_key else inside)
            raise ContractError(wrong.file, wrong.line, wrong.problem, wrong.remedy) from error
    return streams


def _refuse_unknown_keys(file: Path, shared: dict[str, object], lines: dict[Location, int]) -> None:
    allowed = set(Stream.model_fields) - {"stream", "file", "line"}
    for key in shared:
        if key not in allowed:
            raise ContractError(
                file,
                nearest_line(lines, (key,)),
                f"unknown key {key!r}",
                f"At this level: {', '.join(sorted(allowed))}, streams.",
            )


def _with_common(
    file: Path, common: object, own: object, inside: Location, lines: dict[Location, int]
) -> object:
    """A stream's columns, those it only names taken from the ones that all streams share.

    `- cost_amount` takes the shared column as it is, `- {use: cost_amount, required: false}` with
    something else said about it.
    """
    if not isinstance(own, list) or not isinstance(common, list):
        return own
    known = {column.get("name"): column for column in common if isinstance(column, dict)}
    columns: list[object] = []
    for place, column in enumerate(own):
        used = column.get("use") if isinstance(column, dict) else column
        if used is None:
            columns.append(column)
            continue
        if used not in known:
            raise ContractError(
                file,
                nearest_line(lines, (*inside, "columns", place)),
                f"{used!r} is none of the columns that the source's streams share",
                f"Shared `columns` here: {', '.join(map(str, known)) or 'none'}.",
            )
        changes = column if isinstance(column, dict) else {}
        columns.append({**known[used], **{k: v for k, v in changes.items() if k != "use"}})
    return columns


def load_contracts(directory: Path) -> dict[str, Stream]:
    """Every stream under `directory`, by landed table name, in order of name.

    Raises:
        ContractError: a contract cannot be used or would not be read, or two files declare the same
            source.
    """
    for file, problem, remedy in passed_over(directory, ["*/*.yaml"]):
        raise ContractError(file, None, problem, remedy)
    files = sorted(directory.glob("*/*.yml"))
    return dict(_streams_of(tuple((file, file.read_bytes()) for file in files)))


@lru_cache(maxsize=4)
def _streams_of(files: tuple[tuple[Path, bytes], ...]) -> dict[str, Stream]:
    """The streams of contracts, which several steps of a run ask for; by content, never by time."""
    streams: dict[str, Stream] = {}
    for file, _ in files:
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
