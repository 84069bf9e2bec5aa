"""An explanation: one published figure, its components, and the exports and rows behind each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

NOTHING = Decimal(0)
UNKNOWN_FILE = "(an export that this release does not list)"


@dataclass(frozen=True)
class LandingShare:
    """What one export contributed to a component."""

    file: str
    landing_id: str
    """The SHA-256 of the export's bytes."""
    exported_at: datetime | None
    rows: int
    contribution: Decimal


@dataclass(frozen=True)
class Row:
    """One row of a fact, and the record of the export that decides it."""

    file: str
    landing_id: str
    row_number: int | None
    key: dict[str, str]
    contribution: Decimal


@dataclass(frozen=True)
class Component:
    """An additive building block of the figure, of this period or (`earlier`) of the one before."""

    name: str
    description: str
    earlier: bool
    value: Decimal
    table: str
    landed: tuple[str, ...]
    sql: str
    landings: tuple[LandingShare, ...]
    rows: tuple[Row, ...] = ()

    @property
    def residual(self) -> Decimal:
        """What the exports and the listed rows leave unexplained of the value."""
        listed = (s.contribution for s in self.landings if s.file != UNKNOWN_FILE)
        by_landing = self.value - sum(listed, NOTHING)
        if not self.rows:
            return by_landing
        by_row = self.value - sum((row.contribution for row in self.rows), NOTHING)
        return by_landing or by_row


@dataclass(frozen=True)
class Explanation:
    """One published figure, taken apart."""

    kpi: str
    label: str
    definition: str
    grain: str
    period_start: date
    period_end: date
    slice: str
    slice_value: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    is_complete: bool
    is_provisional: bool
    residual: Decimal
    """How far the published value, numerator and denominator are from what the components give."""
    components: tuple[Component, ...] = ()
