"""Which stream an export is, by its folder and its header; which cell is which column.

The contracts decide alone: nothing is sniffed, and a file that fits none is refused. What an
operator is told then is made in `drift.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from models.contract import Stream
from models.contract_parts import BOOKKEEPING, Column, Header, Shape
from pipelines.land import drift
from pipelines.land.bindings import About, Binding, bind, folder_of
from pipelines.land.errors import FileRefused
from pipelines.land.readers import Layout, SkipCell, TopRecord
from pipelines.land.readers import csv as csv_reader
from pipelines.land.readers.unpack import Unpacked

MOST_CELLS = 4096


@dataclass(frozen=True)
class Fit:
    """How far a record of the file is the header of a shape of a stream."""

    stream: Stream
    shape: Shape
    place: int
    """Which of the file's first records it is."""
    cells: tuple[str, ...]
    found: Mapping[str, tuple[int, Header]]
    """By column: the cell, and the declared header it has."""
    unknown: tuple[str, ...] = ()

    @property
    def missing(self) -> list[Column]:
        """The columns without which the file breaks the contract; of a group, the first."""
        alone = [
            column
            for column in self.stream.columns
            if column.name not in self.found and is_indispensable(column)
        ]
        groups = [group for group in self.stream.one_of if not set(group) & set(self.found)]
        return alone + [self.stream.column(group[0]) for group in groups]

    @property
    def is_most_of_it(self) -> bool:
        """Whether the file has at least half of those: then it has drifted, and is not another."""
        needed = sum(map(is_indispensable, self.stream.columns)) + len(self.stream.one_of)
        return len(self.missing) * 2 <= needed


@dataclass(frozen=True)
class Recognised:
    """An export of a known stream, with all that is needed to read it."""

    stream: Stream
    shape: Shape
    bindings: tuple[Binding, ...]
    layout: Layout
    preamble: tuple[TopRecord, ...]
    drift: tuple[str, ...] = ()
    extra: tuple[int, ...] = ()
    """The places of cells with a header that the contract does not know."""
    unnamed: tuple[int, ...] = ()
    """The places of cells without any header."""
    header_rows: int = 1
    others: tuple[Recognised, ...] = ()
    """The same by the stream's other shapes that differ in how numbers are written."""
    about: About = field(kw_only=True)


def is_indispensable(column: Column) -> bool:
    """Whether a file must have the column's header: else no row of it could land."""
    return column.required or (not column.nullable and column.taken_from is None)


@dataclass
class Tops:
    """The first records of one export, read once for each dialect that a contract declares."""

    export: Unpacked
    folder: str = ""
    """Where it lies below its source's folder."""
    read: dict[tuple[str, ...], list[TopRecord] | FileRefused] = field(default_factory=dict)

    def under(self, shape: Shape) -> list[TopRecord]:
        """The records in which a shape's header may be.

        Raises:
            FileRefused: the file cannot be read in this way.
        """
        dialect: tuple[str, ...] = (shape.format, *shape.sheet, shape.records)
        if shape.format == "json":
            dialect = (*dialect, shape.encoding)
        elif shape.format == "csv":
            dialect = (shape.encoding, shape.delimiter, shape.quote)
        key = (*dialect, str(shape.preamble_rows))
        if key not in self.read:
            try:
                self.read[key] = read_top(self.export.path, shape)
            except FileRefused as refused:
                self.read[key] = refused
        found = self.read[key]
        if isinstance(found, FileRefused):
            raise found
        return found


def read_top(path: Path, shape: Shape) -> list[TopRecord]:
    """The first records of a file by the reader of its format."""
    records = shape.preamble_rows + 1
    if shape.format == "csv":
        return csv_reader.read_top(path, shape, records)
    if shape.format == "xlsx":
        from pipelines.land.readers import xlsx

        return xlsx.read_top(path, shape, records)
    if shape.format == "json":
        from pipelines.land.readers import json

        return json.read_top(path, shape)
    from pipelines.land.readers import parquet

    return parquet.read_top(path)


def recognise(streams: Mapping[str, Stream], export: Unpacked, name: str) -> Recognised:
    """Find the stream and shape of an export by `name`, its path below the inbox.

    Raises:
        FileRefused: UNKNOWN_SOURCE, UNKNOWN_FORMAT, SCHEMA_DRIFT, AMBIGUOUS, DUPLICATE_HEADER,
            DIALECT, BAD_ENCODING.
    """
    source = PurePosixPath(name).parts[0] if len(PurePosixPath(name).parts) > 1 else ""
    known = sorted({stream.source for stream in streams.values()})
    candidates = [stream for stream in streams.values() if stream.source == source]
    if not candidates:
        raise drift.unknown_source(source, known)
    names = tuple(dict.fromkeys((PurePosixPath(name).name, export.name)))
    tops, fits = Tops(export, folder_of(name)), list[Fit]()
    for stream in candidates:
        fit = next((fit for fit in tries(stream, tops, names) if not fit.missing), None)
        if fit:
            fits.append(fit)
    if not fits:
        raise drift.explain(streams, candidates, tops, names)
    most = max(len(fit.found) for fit in fits)
    best = [fit for fit in fits if len(fit.found) == most]
    if len(best) > 1:
        raise drift.ambiguous([fit.stream for fit in best])
    others = [
        fit for fit in tries(best[0].stream, tops, names) if _differs_in_numbers(fit, best[0])
    ]
    return replace(
        _recognised(best[0], tops, name, names),
        others=tuple(_recognised(fit, tops, name, names) for fit in others),
    )


def _differs_in_numbers(fit: Fit, taken: Fit) -> bool:
    """Whether a shape finds the same header as the one taken, and reads numbers in another way."""
    written = {
        "name": taken.shape.name,
        "decimal": taken.shape.decimal,
        "thousands": taken.shape.thousands,
        "grouping": taken.shape.grouping,
    }
    return (
        (fit.place, fit.cells) == (taken.place, taken.cells)
        and fit.shape != taken.shape
        and fit.shape.model_copy(update=written) == taken.shape
    )


def tries(stream: Stream, tops: Tops, names: Sequence[str]) -> list[Fit]:
    """Every way in which the file's first records may be the header of one of the stream's shapes.

    In the order of the shapes and, within one, of the records.
    """
    found: list[Fit] = []
    for shape in stream.shapes:
        if shape.format != tops.export.format or not named_so(shape, names):
            continue
        if shape.folder is not None and not re.search(shape.folder, tops.folder):
            continue
        try:
            records = tops.under(shape)
        except FileRefused:
            continue
        if not shape.header:
            found += _headerless(stream, shape, records)
            continue
        found += [match(stream, shape, n, record.cells) for n, record in enumerate(records)]
    return found


def named_so(shape: Shape, names: Sequence[str]) -> bool:
    """Whether one of the file's names is as the shape demands."""
    return shape.file_name is None or any(re.search(shape.file_name, name) for name in names)


def match(stream: Stream, shape: Shape, place: int, cells: tuple[str, ...]) -> Fit:
    """Compare a record with the declared headers; a name goes before a pattern."""
    found: dict[str, tuple[int, Header]] = {}
    unknown = []
    for index, header in enumerate(cells):
        known = stream.declares(header)
        if known:
            found.setdefault(known[0].name, (index, known[1]))
        elif header.strip():
            unknown.append(header.strip())
    return Fit(stream, shape, place, cells, found, tuple(unknown))


def _headerless(stream: Stream, shape: Shape, records: list[TopRecord]) -> list[Fit]:
    """The fit of a file without header: by its name, and by the number of its cells."""
    if len(records) <= shape.preamble_rows:
        return []
    cells = records[shape.preamble_rows].cells
    while cells and len(cells) > len(shape.column_order) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(shape.column_order):
        return []
    plain = Header(name="-")
    found = {
        name: (index, next(iter(stream.column(name).headers), plain))
        for index, name in enumerate(shape.column_order)
    }
    return [Fit(stream, shape, shape.preamble_rows - 1, records[shape.preamble_rows].cells, found)]


def _recognised(fit: Fit, tops: Tops, name: str, names: tuple[str, ...]) -> Recognised:
    stream, shape = fit.stream, fit.shape
    if len(fit.cells) > MOST_CELLS:
        raise drift.too_wide(len(fit.cells), MOST_CELLS)
    if shape.header:
        drift.refuse_repeated_headers(stream, fit.cells)
        drift.refuse_look_alikes(stream, fit.place, fit.unknown)
    records = tops.under(shape)
    before = records[: fit.place] if shape.header else records[: fit.place + 1]
    start = records[fit.place] if fit.place >= 0 else TopRecord(())
    headers = fit.cells if shape.header else shape.column_order
    headers = (*headers, *[""] * (len(fit.cells) - len(headers)))
    places = {index: stream.column(name) for name, (index, _) in fit.found.items()}
    others = [index for index in range(len(headers)) if index not in places]
    layout = Layout(
        headers=tuple(header.strip() or f"column {n}" for n, header in enumerate(headers, start=1)),
        columns=places,
        skips=_skips(fit),
        start=start,
        first_row=fit.place + 2,
        has_sections=stream.sections is not None,
    )
    about = About(
        names=names,
        folder=folder_of(name),
        preamble="\n".join(_line(record, shape) for record in before),
    )
    return Recognised(
        stream=stream,
        shape=shape,
        bindings=tuple(bind(shape.as_written(column), fit, about) for column in stream.columns),
        layout=layout,
        preamble=tuple(before),
        drift=tuple(header for header in fit.unknown if not BOOKKEEPING.fullmatch(header)),
        extra=tuple(index for index in others if headers[index].strip()),
        unnamed=tuple(index for index in others if not headers[index].strip()),
        header_rows=1 if shape.header else 0,
        about=about,
    )


def _line(record: TopRecord, shape: Shape) -> str:
    """A record of the preamble as a line of text again: unquoted commas in a date are no cells."""
    mark = shape.delimiter if shape.format == "csv" else "\t"
    return mark.join(record.cells).rstrip(mark)


def _skips(fit: Fit) -> tuple[SkipCell, ...]:
    """The skip rules that this file can be asked about, each with the place to look at."""
    places = [
        (rule, rule.cell - 1 if rule.cell else fit.found.get(rule.column or "", (None,))[0])
        for rule in fit.stream.skip
    ]
    return tuple(
        SkipCell(rule, place, fit.shape.nulls)
        for rule, place in places
        if place is not None and place < len(fit.cells)
    )
