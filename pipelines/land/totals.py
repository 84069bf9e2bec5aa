"""Control totals: what a vendor's total row says, beside the sum of the rows it is the total of.

A difference beyond the contract's tolerance means that rows are missing or were changed on the way:
the file is refused. Within it, it is the vendor's rounding, and is kept as information.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from models.contract_parts import Column
from models.contract_rules import SkipRule, Totals
from pipelines.land import sql
from pipelines.land.errors import FileRefused
from pipelines.land.readers import ROW_NUMBER

if TYPE_CHECKING:
    import duckdb

    from pipelines.land.rows import Typed

OFF_BY_ROUNDING = Decimal("0.012")
"""Times the root of the number of rows that were each rounded to hundredths: four standard
deviations, each rounding having one of 0.01 / sqrt(12)."""
MOST_KEPT = 200
"""Totals that a landing keeps; a ledger by account may have thousands, all of them compared."""


@dataclass(frozen=True)
class Total:
    """One figure of a total row, and what was found beside it."""

    rule: str
    row: int
    column: str
    stated: Decimal
    summed: Decimal | None
    """None: a row that belongs to it could not be read, so that nothing can be compared."""
    of: str
    tolerance: Decimal

    @property
    def verdict(self) -> str:
        """equal, rounding, hidden_rows, not_comparable or different."""
        if self.summed is None:
            return "not_comparable"
        off = abs(self.stated - self.summed)
        if not off:
            return "equal"
        if off <= self.tolerance:
            return "rounding"
        return "hidden_rows" if self.of == "hidden_rows" else "different"

    def to_payload(self) -> dict[str, Any]:
        """As it stands in the ledger."""
        return {
            "rule": self.rule,
            "row": self.row,
            "column": self.column,
            "stated": str(self.stated),
            "summed": None if self.summed is None else str(self.summed),
            "verdict": self.verdict,
        }


def compare_totals(connection: duckdb.DuckDBPyConnection, typed: Typed) -> list[Total]:
    """Compare every figure of every total row with the rows it is the total of.

    Returns:
        What was found, the most telling first.

    Raises:
        FileRefused: CONTROL_TOTAL.
    """
    found: list[Total] = []
    for place, skip in enumerate(typed.recognised.layout.skips):
        if skip.rule.totals:
            found += _of_rule(connection, typed, place, skip.rule)
    wrong = next((total for total in found if total.verdict == "different"), None)
    if wrong is not None:
        raise _refused(typed, wrong)
    return sorted(found, key=lambda total: total.verdict in ("equal", "rounding"))[:MOST_KEPT]


def _of_rule(
    connection: duckdb.DuckDBPyConnection, typed: Typed, place: int, rule: SkipRule
) -> list[Total]:
    totals = rule.totals
    cells = {each.column.name: each for each in typed.cells if each.binding.is_bound}
    names = [name for name in (totals.columns if totals else ()) if name in cells]
    if not totals or not names:
        return []
    columns = ", ".join(sql.identifier(name) for name in names)
    stated = connection.execute(
        f"SELECT {ROW_NUMBER}, {columns} FROM {typed.relation} WHERE _rule = {place + 1}"
        f" ORDER BY {ROW_NUMBER}"
    ).fetchall()
    sections = typed.outline.totals if typed.outline else {}
    whole = (0, typed.records.first_row + typed.rows + typed.records.broken_rows + 1)
    found: list[Total] = []
    summed: dict[tuple[int, int], tuple[int, list[Decimal | None]]] = {}
    for row, *values in stated:
        stretch = sections.get(row) if totals.of == "section" else whole
        if stretch is None:
            continue
        if stretch not in summed:
            summed[stretch] = _sums(connection, typed, names, stretch)
        rows, sums = summed[stretch]
        for name, value, total in zip(names, values, sums, strict=True):
            if value is not None:
                allowed = _allowed(totals, cells[name].column, rows)
                found.append(Total(rule.rule, row, name, Decimal(value), total, totals.of, allowed))
    return found


def _allowed(totals: Totals, column: Column, rows: int) -> Decimal:
    """How far a column's total of so many rows may be off; whole numbers are never rounded."""
    if not totals.rows_rounded or not column.is_decimal:
        return totals.tolerance
    return max(totals.tolerance, OFF_BY_ROUNDING * Decimal(rows).sqrt())


def _sums(
    connection: duckdb.DuckDBPyConnection, typed: Typed, names: list[str], stretch: tuple[int, int]
) -> tuple[int, list[Decimal | None]]:
    """How many data records a stretch has, and their sums, broken ones included; None: unknown.

    Of a broken record, a column without value is one that could not be read, or that is empty: it
    may be what is missing in the sum.
    """
    sums = ", ".join(
        f"sum({name}), count(*) FILTER (_raw IS NOT NULL AND {name} IS NULL)"
        for name in map(sql.identifier, names)
    )
    between = (
        ""
        if typed.recognised.stream.sections is None
        else (f" AND {ROW_NUMBER} BETWEEN {stretch[0]} AND {stretch[1]}")
    )
    row = connection.execute(
        f"SELECT count(*), {sums} FROM {typed.relation} WHERE _rule IS NULL{between}"
    ).fetchone()
    count, *values = row or (0,)
    return int(count), [
        None if unread or typed.records.broken_rows else Decimal(total or 0)
        for total, unread in zip(values[::2], values[1::2], strict=True)
    ]


def _refused(typed: Typed, wrong: Total) -> FileRefused:
    stream = typed.recognised.stream
    summed = wrong.summed if wrong.summed is not None else Decimal(0)
    rows = "rows of its section" if wrong.of == "section" else "rows"
    return FileRefused(
        "CONTROL_TOTAL",
        f"its total row says {wrong.stated:,f} for {wrong.column}, but the {rows} make"
        f" {summed:,f}: {abs(wrong.stated - summed):,f} are"
        f" {'missing' if abs(wrong.stated) > abs(summed) else 'too many'}",
        "Export it again: rows were cut off or changed after the export. If the total is also of"
        f" rows that the report does not show, say `of: hidden_rows` in the contract of"
        f" {stream.table}.",
        expected=f"{wrong.stated} within {wrong.tolerance}",
        row=wrong.row,
        column=wrong.column,
        value=str(summed),
        table=stream.table,
    )
