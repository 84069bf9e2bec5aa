"""Reads the suites and refuses one that could pass without having looked at anything.

Belongs here: the shape of `suites/<table>.json` and the names of the checks a suite makes. Does not
belong here: running a suite (`worker.py`), and rules about types and keys (the stream's contract).
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validated

Sentence = Annotated[str, StringConstraints(min_length=10)]
ANCHORS = ("expect_table_row_count_to_equal", "expect_table_row_count_to_be_between")
OF_THE_CONTRACT = (
    "expect_column_to_exist",
    "expect_table_columns",
    "expect_column_values_to_be_of",
)


class SuiteError(Exception):
    """A suite that cannot be used: which file, what is wrong, what to do."""

    def __init__(self, file: Path, problem: str, remedy: str) -> None:
        self.file, self.problem, self.remedy = file, problem, remedy
        super().__init__(f"{file}: {problem}. {remedy}")


class Declared(BaseModel):
    """Refuses what it does not know, so that a misspelt key is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(Declared):
    """One thing that must hold; it is here because its failure changes what somebody does."""

    type: Annotated[str, StringConstraints(pattern=r"^expect_[a-z_]+$")]
    kwargs: dict[str, Any]
    asks: Sentence
    """What must hold, as a sentence."""
    severity: Literal["block", "warn"]
    notes: Sentence
    """What somebody does when it does not hold."""
    when_nothing: Literal["fail", "pass"] = "fail"
    """What it means that there was no value to look at (all NULL, or no row of the condition)."""

    @property
    def is_anchor(self) -> bool:
        """Whether it can only hold when rows were really seen."""
        if self.type not in ANCHORS:
            return False
        least = self.kwargs.get("value", self.kwargs.get("min_value"))
        return least == {"$PARAMETER": "rows"} or (isinstance(least, int) and least >= 1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it asks about; none where it asks about the table."""
        single = [
            self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs
        ]
        return tuple(single or self.kwargs.get("column_list", ()))


class Suite(Declared):
    """What must hold of one table, beyond its types and keys."""

    name: str
    file: Path
    table: Annotated[str, StringConstraints(pattern=r"^(landed|kpi_mart)\.[a-z][a-z0-9_]+$")]
    stage: Literal["landed", "candidate"]
    when_empty: Literal["skip", "fail"]
    """`skip`: a company without these data is asked nothing; `fail`: the table must have rows."""
    key: tuple[str, ...] = Field(min_length=1)
    """The columns by which a failing row is shown; never personal data."""
    expectations: tuple[Expectation, ...] = Field(min_length=1)

    @validated(mode="after")
    def _can_fail(self) -> Self:
        if not any(expectation.is_anchor for expectation in self.expectations):
            raise ValueError(
                "no expectation can notice that no row was seen; ask"
                ' expect_table_row_count_to_equal with {"value": {"$PARAMETER": "rows"}}'
            )
        if (self.stage == "landed") != self.table.startswith("landed."):
            raise ValueError(f"stage {self.stage!r} does not go with table {self.table!r}")
        for expectation in self.expectations:
            if expectation.type.startswith(OF_THE_CONTRACT):
                raise ValueError(
                    f"{expectation.type}: columns and types are the contract's to check"
                )
        names = self.check_ids
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"check {repeated[0]} is there twice")
        return self

    @property
    def landed_table(self) -> str:
        """The table's name without its schema."""
        return self.table.partition(".")[2]

    @cached_property
    def check_ids(self) -> tuple[str, ...]:
        """The names of its checks, in order."""
        return tuple(
            f"suite:{self.name}:{number}:{expectation.type}:"
            f"{'+'.join(expectation.columns) or 'table'}"
            for number, expectation in enumerate(self.expectations, 1)
        )

    def to_request(self) -> dict[str, Any]:
        """What the worker needs to know of it."""
        return {
            "name": self.name,
            "key": list(self.key),
            "expectations": [
                {
                    "type": expectation.type,
                    "kwargs": expectation.kwargs,
                    "severity": expectation.severity,
                }
                for expectation in self.expectations
            ],
        }


def load_suite(file: Path) -> Suite:
    """Read one suite.

    Raises:
        SuiteError: it cannot be used, or would prove nothing.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SuiteError(file, f"not readable as JSON: {error}", "Mend the file.") from error
    if not isinstance(document, dict):
        raise SuiteError(file, "not a JSON object", "See docs/checks.md for its shape.")
    try:
        return Suite.model_validate({**document, "name": file.stem, "file": file})
    except ValidationError as error:
        finding = error.errors()[0]
        where = ".".join(str(part) for part in finding["loc"]) or "the suite"
        raise SuiteError(
            file, f"`{where}`: {finding['msg']}", "See docs/checks.md for what may stand there."
        ) from error


def load_suites(directory: Path) -> tuple[Suite, ...]:
    """Every suite of `directory`, in order of name.

    Raises:
        SuiteError: one cannot be used, or there is none.
    """
    files = sorted(directory.glob("*.json"))
    if not files:
        raise SuiteError(directory, "there is no suite", "Without any, nothing would be asked.")
    return tuple(load_suite(file) for file in files)
