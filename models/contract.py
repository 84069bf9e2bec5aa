"""The contract of a stream: how to recognise an export, how it is written, what a column means.

Belongs here: the shape of `models/contracts/<family>/<source>.yml`, and refusing a wrong one with
file, line and remedy. Does not belong here: reading exports (`pipelines/land`), rules about values
beyond types and keys (`expectations`), and anything about KPIs.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
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
    ExportedAt,
    Family,
    Freshness,
    Identifier,
    Load,
    Owner,
    Shape,
    SkipRule,
)
from models.yaml_source import DeclarationError, Location, first_problem, nearest_line, read_yaml


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
