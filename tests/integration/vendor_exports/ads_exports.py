"""Exports of ad platforms as fixtures, and what became of one: shared by their tests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.contract import load_contracts
from pipelines.land import FileQuarantined, Landing
from pipelines.settings import Settings
from tests.landed_exports import House

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
LATER = datetime(2026, 12, 1, tzinfo=UTC)
"""When the exports were made: after all days that they speak of."""


def house_of(settings: Settings) -> House:
    """A house with the contracts that ship."""
    return House.of(settings, *STREAMS.values())


def fixture(name: str) -> bytes:
    """An export below the folder of fixtures, `source/file`."""
    return (FIXTURES / name).read_bytes()


def whole(house: House, name: str, content: bytes | str | None = None) -> Landing:
    """Land an export, by default the fixture of that name, of which no row is lost."""
    landing = house.land(name, fixture(name) if content is None else content, LATER)
    assert landing.status == "accepted", landing.reason
    assert landing.rows_quarantined == 0, house.quarantine(landing)
    return landing


def refused(house: House, name: str, content: bytes | str) -> FileQuarantined:
    """As `whole`, of an export that must not land."""
    result = house.put(name, content, LATER)
    assert isinstance(result, FileQuarantined), result
    return result


def seen(house: House, landing: Landing, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the landed rows, in the order of the file."""
    return [tuple(row[name] for name in columns) for row in house.rows(landing)]


def totals(landing: Landing) -> set[tuple[str, str, str]]:
    """Column, figure and verdict of every control total."""
    return {
        (total["column"], str(Decimal(total["stated"]).normalize()), total["verdict"])
        for total in landing.totals
    }
