"""The rules by which a contract leaves out totals, notes and titles, with the totals that hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.contracts.columns import Guess
from pipelines.contracts.marks import Marks, value_of
from pipelines.contracts.rows import Special, Table
from pipelines.land.readers import cell

TOLERANCE = Decimal("0.05")


@dataclass
class Skips:
    """Skip rules, each with what is to be reviewed of it."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[list[str]] = field(default_factory=list)

    def add(self, rule: dict[str, Any], *reviews: str) -> None:
        """One more rule, unless it is there."""
        if rule not in self.rules:
            self.rules.append(rule)
            self.reviews.append(list(reviews))


def skips_of(
    table: Table, columns: Sequence[Guess], marks: Marks, not_totals: Collection[str]
) -> Skips:
    """The rules for the rows that are no data.

    Args:
        table: the file's rows.
        columns: what the columns are.
        marks: how the file writes numbers.
        not_totals: columns that a first trial has shown to be no control totals.
    """
    skips = Skips()
    if table.has_sections:
        summed = [c.name for c in columns if c.is_measure and c.name not in not_totals]
        stated = [n for n in summed if _is_stated(table, columns, n)]
        of = {"totals": {"columns": stated, "of": "section"}} if stated else {}
        skips.add(
            {"rule": "total", "cell": 1, "pattern": "(?i)totals?( for)? .+", **of},
            "totals of sections, compared with the rows of each",
        )
    # The longer text first: `Total: Account` is not to be taken by `Total`.
    for total in sorted(table.totals, key=lambda each: -len(each.text)):
        _add_total(skips, table, columns, marks, total, not_totals)
    for note in table.notes:
        begin = re.split(r"[\d(]", note.text)[0].strip()[:40]
        which = {"starts_with": begin} if begin else {"pattern": ".+"}
        skips.add(
            {"rule": "note", "cell": note.place + 1, **which, "alone": True}, "text below the rows"
        )
    return skips


def _add_total(
    skips: Skips,
    table: Table,
    columns: Sequence[Guess],
    marks: Marks,
    total: Special,
    not_totals: Collection[str],
) -> None:
    if table.has_sections and re.match(r"(?i)totals?( for)? .", total.text):
        return
    labelled = not re.fullmatch(r"[-+(]?[\d.,'\s]+\)?\D{0,3}", total.text)
    rule: dict[str, Any] = {"rule": "total"}
    if labelled:
        begin = re.split(r"[\d(]", total.text)[0].strip() or total.text
        rule |= {"cell": total.place + 1, **_which(table, total, begin)}
    else:
        rule |= {"cell": 1, "empty": True}
    holds: list[str] = []
    differs: list[str] = []
    for column in columns:
        text = total.cells[column.index] if column.index < len(total.cells) else ""
        if not column.is_measure or column.name in not_totals or column.keys.get("percent"):
            continue
        stated = (
            value_of(text.strip(), column.numbers, marks)
            if column.numbers and text.strip()
            else None
        )
        if stated is None:
            continue
        summed = _sum(table, column, marks)
        if abs(stated - summed) <= TOLERANCE:
            holds.append(column.name)
        else:
            differs.append(f"{column.name} ({stated:,f}, the rows make {summed:,f})")
    if holds:
        rule["totals"] = {"columns": holds}
    reviews = [f"row {total.row}; the sum of the rows" if holds else f"row {total.row}"]
    if differs:
        reviews.append(f"no sum of the rows: {'; '.join(differs[:4])}")
    skips.add(rule, *reviews)


def _which(table: Table, total: Special, begin: str) -> dict[str, Any]:
    """By which text the row is told; as a whole where a row of data begins like it."""
    like = table.connection.execute(
        f"select count(*) from t where starts_with({cell(total.place)}, ?)", [begin]
    ).fetchone()
    return {"pattern": re.escape(total.text)} if like and like[0] else {"starts_with": begin}


def _sum(table: Table, column: Guess, marks: Marks) -> Decimal:
    """The exact sum of a column's cells."""
    summed = Decimal(0)
    for text, times in table.values(column.index):
        value = value_of(text, column.numbers, marks) if column.numbers else None
        summed += (value or Decimal(0)) * times
    return summed


def _is_stated(table: Table, columns: Sequence[Guess], name: str) -> bool:
    index = next(c.index for c in columns if c.name == name)
    return any(total.cells[index : index + 1] not in ((), ("",)) for total in table.totals)
