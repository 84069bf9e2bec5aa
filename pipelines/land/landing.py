"""What became of one export: landed (`Landing`) or quarantined whole (`FileQuarantined`).

Only the facts, and how they are written into the ledger; the other modules make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal, Self

from pipelines.land.weigh import Money, Sizes

Payload = dict[str, Any]


@dataclass(frozen=True)
class Landing:
    """One export taken in: its bytes archived, its rows typed."""

    landing_id: str
    """SHA-256 of the export's bytes."""
    source: str
    stream: str
    table: str
    file: str
    """Its path below the inbox."""
    size: int
    exported_at: datetime
    covered_from: date | None
    """None: everything up to `covered_to`."""
    covered_to: date | None
    rows_in_file: int
    """Records as a person counts them, preamble and header included."""
    rows_landed: int
    rows_quarantined: int
    rows_skipped: dict[str, int]
    """By rule: preamble, header, blank, and the contract's own."""
    drift: list[str]
    """Headers that the contract does not know; their cells are in `_extra`."""
    columns_missing: list[str]
    """Declared columns that the file does not have."""
    contract_digest: str
    parquet: str
    """Where the rows are, below the folder of landed files."""
    shape: str = ""
    status: Literal["accepted", "set_aside"] = "accepted"
    reason: str = ""
    rows_repeated: int = 0
    """Landed rows whose key an earlier row of the file has, with the same values."""
    scopes: list[list[str]] = field(default_factory=list)
    """load rule `window`: the scopes, such as accounts, that the export restates."""
    has_periods: bool = False
    """load rule `window`: rows of it speak of several days."""
    money: Money = field(default_factory=dict)
    """Sums by column and currency: in the file = landed + quarantined + skipped."""
    sizes: Sizes = field(default_factory=dict)
    """How large the amounts commonly are (see `history.py`)."""
    earlier_exports: list[str] = field(default_factory=list)
    """Earlier moments, in ISO form, at which the same bytes were exported: the list was so then."""
    is_moved: bool = False
    """Its file of rows may say another moment: the same bytes were read for that one, too."""
    changed_ns: int = 0
    """The file's time of last change; of two versions under one name, the later one holds."""
    totals: list[dict[str, Any]] = field(default_factory=list)
    """The vendor's total rows beside the sums of their rows (see `totals.py`)."""
    parquet_sha256: str = ""
    """SHA-256 of the file of landed rows, so that a later change of it is found."""
    quarantine_sha256: str = ""
    """The same of the quarantined rows; empty where there are none."""

    def to_payload(self) -> Payload:
        """As it stands in the ledger: JSON, dates as text."""
        return _payload(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """From the ledger; what a later version of the program added is left out."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in payload.items() if name in known}
        values["exported_at"] = datetime.fromisoformat(values["exported_at"])
        for name in ("covered_from", "covered_to"):
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        return cls(**values)


@dataclass(frozen=True)
class FileQuarantined:
    """One export that could not be landed at all, and why."""

    landing_id: str
    file: str
    size: int
    source: str
    code: str
    reason: str
    remedy: str
    expected: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    table: str = ""
    """The stream it is, or comes nearest to."""
    exported_at: str = ""
    """When it was exported, in ISO form, where its stream is known."""

    def to_payload(self) -> Payload:
        """As it stands in the ledger."""
        return _payload(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """From the ledger."""
        return cls(
            **{each.name: payload[each.name] for each in fields(cls) if each.name in payload}
        )


def _payload(facts: Landing | FileQuarantined) -> Payload:
    values = {each.name: getattr(facts, each.name) for each in fields(facts)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
