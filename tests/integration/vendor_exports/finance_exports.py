"""Landing the fixtures of the vendors' finance exports, and what the tests ask of a landing."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.contract import load_contracts
from pipelines.land import Landing
from tests.landed_exports import House

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
REAL = Path(os.environ.get("KPI_REAL_EXPORTS") or REPOSITORY.parent / "shared" / "data")


def fixture(name: str) -> str:
    """The text of a fixture, without the byte-order mark that some have."""
    return (FIXTURES / name).read_text(encoding="utf-8-sig")


def whole(house: House, name: str, content: bytes | str | None = None) -> Landing:
    """Land an export, a fixture unless its content is given, of which no row is broken."""
    if content is None:
        content = (FIXTURES / name).read_bytes()
    landing = house.land(name, content)
    assert landing.status == "accepted", landing.reason
    assert landing.rows_quarantined == 0, house.quarantine(landing)
    return landing


def values(house: House, landing: Landing, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the rows that landed, in their order."""
    return [tuple(row[column] for column in columns) for row in house.rows(landing)]


def total(house: House, landing: Landing, column: str) -> Decimal:
    """The sum of what landed in a column."""
    return sum((row[column] for row in house.rows(landing) if row[column] is not None), Decimal(0))


def without_lineage(house: House, landing: Landing) -> list[dict[str, Any]]:
    """The rows that landed, without what tells one landing from another."""
    return [
        {name: value for name, value in row.items() if not name.startswith("_")}
        for row in house.rows(landing)
    ]


def german(text: str, money: Sequence[str]) -> str:
    """An export as a locale with a decimal comma writes it: `;` between cells, 1234,50 in money."""
    rows = list(csv.DictReader(io.StringIO(text)))
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]), delimiter=";", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: value.replace(",", "").replace(".", ",") if name in money else value
                for name, value in row.items()
            }
        )
    return target.getvalue()


def table(text: str) -> list[list[str]]:
    """The cells of an export, as a workbook has them."""
    return list(csv.reader(io.StringIO(text)))


def real(name: str) -> bytes:
    """A real export below KPI_REAL_EXPORTS; the test is skipped where there is none."""
    file = REAL / name
    if not file.exists():
        pytest.skip(f"there is no {file}: set KPI_REAL_EXPORTS to the folder of the real exports")
    return file.read_bytes()
