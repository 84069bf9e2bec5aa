"""A small house to land exports in: a contract of a few columns, an inbox, and what came of it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from models.contract import Stream
from pipelines.archive import archive_file
from pipelines.land import FileQuarantined, Landing, land_file
from pipelines.land.load_rules import create_landed_views
from pipelines.settings import Settings

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
ORDERS: dict[str, Any] = {
    "source": "shop",
    "stream": "orders",
    "family": "finance",
    "owner": {"team": "Shop", "email": "shop@example.com"},
    "description": "Orders of a shop.",
    "shapes": [{"name": "csv", "thousands": ",", "nulls": ["", "--"]}],
    "columns": [
        {"name": "order_id", "headers": ["Order"], "type": "text", "required": True},
        {
            "name": "order_date",
            "headers": ["Date"],
            "type": "date",
            "formats": ["%Y-%m-%d"],
            "required": True,
        },
        {"name": "amount", "headers": ["Amount"], "type": "decimal(18,2)", "required": True},
        {"name": "note", "headers": ["Note"], "type": "text"},
    ],
    "key": ["order_id"],
    "load": {"rule": "upsert"},
    "file": Path("models/contracts/finance/shop.yml"),
    "line": 5,
}


def declared(**changes: Any) -> Stream:
    """The orders' contract with parts of it exchanged."""
    return Stream.model_validate({**ORDERS, **changes})


def of_one_column(column: Mapping[str, Any], **shape: Any) -> Stream:
    """A contract with a row's number and one column to look at, under the header `Value`."""
    columns = [
        {"name": "n", "headers": ["N"], "type": "integer", "required": True},
        {"name": "value", "headers": ["Value"], "required": True, **column},
    ]
    return declared(
        shapes=[{"name": "csv", "delimiter": ";", **shape}],
        columns=columns,
        key=["n"],
        quarantine_limit=1,
    )


@dataclass
class House:
    """Where exports are put, and where their rows are found."""

    settings: Settings
    streams: dict[str, Stream]
    landings: list[Landing] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, *streams: Stream) -> House:
        """A house with these contracts; without any, with the orders' one."""
        given = streams or (declared(),)
        return cls(settings, {stream.table: stream for stream in given})

    def put(
        self, name: str, content: bytes | str, at: datetime = MIDNIGHT
    ) -> Landing | FileQuarantined:
        """Lay an export into the inbox, archive it and land it."""
        path = self.settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (at.timestamp(), at.timestamp()))
        archived = archive_file(path, self.settings.archive)
        mtime_ns = path.stat().st_mtime_ns
        result = land_file(self.settings, self.streams, path, name, archived.sha256, mtime_ns)
        if isinstance(result, Landing):
            self.landings.append(result)
        return result

    def land(self, name: str, content: bytes | str, at: datetime = MIDNIGHT) -> Landing:
        """As `put`, of an export that has to land; its rows must be conserved."""
        landing = self.put(name, content, at)
        assert isinstance(landing, Landing), landing
        skipped = sum(landing.rows_skipped.values())
        assert landing.rows_in_file == landing.rows_landed + landing.rows_quarantined + skipped, (
            landing
        )
        assert landing.rows_landed == len(self.rows(landing))
        broken = {row["_row_number"] for row in self.quarantine(landing)}
        assert landing.rows_quarantined == len(broken)
        return landing

    def refuse(self, name: str, content: bytes | str) -> FileQuarantined:
        """As `put`, of an export that must not land."""
        refused = self.put(name, content)
        assert isinstance(refused, FileQuarantined), refused
        assert refused.reason and refused.remedy
        assert not list(self.settings.landed.rglob("*.parquet"))
        return refused

    def rows(self, landing: Landing) -> list[dict[str, Any]]:
        """The landed rows, in the order of their numbers."""
        return read(self.settings.landed / landing.parquet)

    def quarantine(self, landing: Landing) -> list[dict[str, Any]]:
        """The quarantined rows, a line per broken cell."""
        file = self.settings.quarantine / landing.parquet
        return read(file) if file.exists() else []

    def view(self, table: str = "shop__orders") -> list[dict[str, Any]]:
        """The stream's rows by its load rule, over all landings so far."""
        with duckdb.connect() as connection:
            create_landed_views(connection, self.streams, self.landings, self.settings.landed)
            return fetched(connection.execute(f"SELECT * FROM landed.{table} ORDER BY ALL"))


def workbook_of(rows: Sequence[Sequence[Any]]) -> bytes:
    """An Excel file with these rows on its one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(file: Path) -> list[dict[str, Any]]:
    """All rows of a Parquet file."""
    with duckdb.connect() as connection:
        query = "SELECT * FROM read_parquet([?]) ORDER BY _row_number"
        return fetched(connection.execute(query, [str(file)]))


def fetched(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a query by column."""
    names = [name for name, *_ in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
