"""Parquet files of the landing's own, for records that DuckDB does not read from the export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.land.readers import ROW_NUMBER, cell

BATCH = 50_000
BROKEN_COLUMNS = ("code", "column_name", "value", "reason", "expected", "raw", "remedy")


class _Writer:
    """Gathers rows and writes them a batch at a time, so that memory does not follow the file."""

    def __init__(self, path: Path, texts: Sequence[str]) -> None:
        self.path, self.rows = path, 0
        self._schema = pa.schema(
            [(ROW_NUMBER, pa.int64()), *((name, pa.string()) for name in texts)]
        )
        self._writer = pq.ParquetWriter(path, self._schema, compression="lz4")
        self._waiting: list[tuple[Any, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        self._writer.close()

    def _add(self, row: tuple[Any, ...]) -> None:
        self._waiting.append(row)
        self.rows += 1
        if len(self._waiting) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(columns, self._schema, strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._waiting.clear()


class TextWriter(_Writer):
    """The sound records, as text."""

    def __init__(self, path: Path, width: int) -> None:
        super().__init__(path, [cell(index) for index in range(width)])

    def add(self, row: int, cells: Sequence[str | None]) -> None:
        """One record, of exactly the width."""
        self._add((row, *cells))


class BrokenWriter(_Writer):
    """The records that a reader could not take for rows of the table; one line per reason."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        super().__init__(path, BROKEN_COLUMNS)
        self._headers = headers
        self.records = 0

    def add(self, row: int, cells: Sequence[str | None], faults: Sequence[tuple[str, ...]]) -> None:
        """One record with its faults: code, column, value, reason, expected, remedy of each."""
        raw = self._raw(cells)
        self.records += 1
        for code, column, value, reason, expected, remedy in faults:
            self._add((row, code, column, value, reason, expected, raw, remedy))

    def _raw(self, cells: Sequence[str | None]) -> str:
        names = list(self._headers[: len(cells)])
        names += [f"cell {index + 1}" for index in range(len(names), len(cells))]
        return json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False)
