"""Reading an export's records as text, exactly: one module per format, one result for all.

A reader neither types nor judges a cell; it says where the records are, counts them in a second
way, and sets aside what is no record of the file's width.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.contract_parts import Column
from models.contract_rules import SkipRule

ROW_NUMBER = "_row_number"


@dataclass(frozen=True)
class TopRecord:
    """One of the first records of an export, before it is known which one is the header."""

    cells: tuple[str, ...]
    lines: int = 0
    """csv: physical lines from the start of the text to the end of this record."""
    end: int = 0
    """csv: where the record ends, in bytes of the text as UTF-8."""


@dataclass(frozen=True)
class SkipCell:
    """A skip rule of the contract, by the place of its column in the file."""

    rule: SkipRule
    index: int
    nulls: tuple[str, ...] = ("",)
    """Texts that say nothing, for a rule that asks for an empty cell."""

    def skips(self, cells: Sequence[str]) -> bool:
        """Whether a record is none of data by this rule."""
        if self.index >= len(cells):
            return False
        text = cells[self.index].strip()
        others = (*cells[: self.index], *cells[self.index + 1 :])
        if self.rule.alone and (not text or any(other.strip() for other in others)):
            return False
        if self.rule.empty:
            return text in self.nulls
        if self.rule.pattern is not None:
            return re.fullmatch(self.rule.pattern, text) is not None
        return text.startswith(self.rule.starts_with)


@dataclass(frozen=True)
class Layout:
    """What a reader must know of the recognised export."""

    headers: tuple[str, ...]
    """A name for the cell at each place; their number is the width of a record."""
    columns: Mapping[int, Column]
    """The contract's column that the cell at a place belongs to, if any."""
    skips: tuple[SkipCell, ...]
    start: TopRecord
    """The last record before the data."""
    first_row: int
    """The number of the first data record, as a person counts."""
    has_sections: bool = False
    """Titles and totals of sections stand between the data records, and may be short."""

    def skipped_by(self, cells: Sequence[str]) -> str | None:
        """The contract's rule by which a record is no data."""
        return next((skip.rule.rule for skip in self.skips if skip.skips(cells)), None)


@dataclass(frozen=True)
class Records:
    """An export's data records as text, as SQL finds them."""

    relation: str
    """What stands in FROM: columns c0, c1, … VARCHAR, in the file's order; and `_row_number` if
    `numbered`."""
    numbered: bool
    first_row: int
    """The number of the first data record, where the relation does not number its rows."""
    rows: int
    """How many rows the relation must give, counted by other means than the relation's reader."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Records the relation leaves out, by the rule that says they are no data."""
    broken: Path | None = None
    """Parquet in the quarantine's columns: records the relation leaves out as broken."""
    broken_rows: int = 0
    native: bool = False
    """Cells came with types of their own: dates are in ISO form, whatever the formats declared."""
    notes: tuple[str, ...] = ()
    """What the export holds beside these records, said with the columns that nobody knows."""


def cell(index: int) -> str:
    """The name of the column with the cells at this place."""
    return f"c{index}"


def cell_above(index: int) -> str:
    """The same, an empty cell filled with the nearest one above it."""
    return f"c{index}_above"


def section_title(which: str) -> str:
    """The name of the column with the titles of a record's section."""
    return f"_section_{which}"
