"""What an operator is told of an export that no contract recognises: what is near, what to do."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.contract import Stream
from models.contract_parts import Column
from models.headers import fold, foreign_letters
from models.yaml_source import DeclarationError, read_yaml
from pipelines.land.errors import FileRefused
from pipelines.land.readers.text import seems_utf16

if TYPE_CHECKING:
    from pipelines.land.recognise import Fit, Tops

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SHOWN = 8


def unknown_source(source: str, known: Sequence[str]) -> FileRefused:
    """The folder is of no source that has a contract."""
    near = difflib.get_close_matches(source, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return FileRefused(
        "UNKNOWN_SOURCE",
        f"there is no contract for a source {source!r}",
        f"Put it into the folder of its source ({', '.join(known) or 'there is none yet'}), or"
        f" write a contract for it (docs/add-a-source.md).{hint}",
        expected=f"one of {', '.join(known)}",
        value=source,
    )


def ambiguous(streams: Sequence[Stream]) -> FileRefused:
    """Two contracts fit equally well."""
    tables = " and ".join(stream.table for stream in streams)
    return FileRefused(
        "AMBIGUOUS",
        f"it fits {tables} equally well",
        "Make a column that only one of them has `required`, or give their shapes a `file_name`.",
        expected="a header that fits one contract best",
    )


def too_wide(cells: int, most: int) -> FileRefused:
    """More cells in a record than any report has."""
    return FileRefused(
        "LIMIT",
        f"a record has {cells:,} cells",
        "Export only the columns that are needed.",
        expected=f"at most {most:,} cells",
    )


def nothing_to_take(stream: Stream, column: Column) -> FileRefused:
    """What a column needs of the file beside its cells is not said there."""
    said = column.within or column.taken_from or ()
    where = next((name for name, value in said if value is not None), "taken_from")
    if where == "period":
        expected = "a column with the day, or the days stated above the header or in the name"
    else:
        expected = str(getattr(said, where, ""))
    return FileRefused(
        "SCHEMA_DRIFT",
        f"the value of {column.name!r} needs the file's {where}, which does not say it",
        f"Export it with that information, or correct the column in {_home(stream, column)}.",
        expected=expected,
        column=column.name,
        table=stream.table,
    )


def refuse_repeated_headers(stream: Stream, cells: Sequence[str]) -> None:
    """Refuse a header that stands twice, and two that are the same column: which one is meant?

    Raises:
        FileRefused: DUPLICATE_HEADER.
    """
    names = Counter(fold(header) for header in cells if header.strip())
    repeated = [header for header in cells if names[fold(header)] > 1]
    if repeated:
        raise _duplicate(stream, f"the header {repeated[0]!r} stands {len(repeated)} times", "")
    by_column: dict[str, str] = {}
    for header in cells:
        known = stream.declares(header)
        if known and known[0].name in by_column:
            other = by_column[known[0].name]
            column = known[0].name
            raise _duplicate(stream, f"{other!r} and {header!r} both are {column!r}", column)
        if known:
            by_column[known[0].name] = header


def refuse_look_alikes(stream: Stream, place: int, unknown: Sequence[str]) -> None:
    """Refuse a header that a person would take for a declared one and that is another text.

    Kept as an unknown column, it would leave the declared one empty, and nobody would see why.

    Raises:
        FileRefused: SCHEMA_DRIFT.
    """
    for header in unknown:
        declared = stream.is_drawn_as(header)
        if declared is not None:
            raise FileRefused(
                "SCHEMA_DRIFT",
                f"the header {header!r} looks like {declared.name!r} and is written with letters"
                f" of another script: {foreign_letters(header)}",
                "Type that header anew in the export; or, if the vendor writes it so, add it as it"
                f" is to `headers` in {_home(stream)}.",
                expected=declared.name or "",
                row=place + 1,
                column=next(c.name for c in stream.columns if declared in c.headers),
                value=header,
                table=stream.table,
            )


def _duplicate(stream: Stream, reason: str, column: str) -> FileRefused:
    return FileRefused(
        "DUPLICATE_HEADER",
        reason,
        f"Export it with one of them, or take a header out of {_home(stream)}.",
        expected="each column once",
        column=column,
        table=stream.table,
    )


def explain(
    streams: Mapping[str, Stream], candidates: Sequence[Stream], tops: Tops, names: Sequence[str]
) -> FileRefused:
    """Why the file is none of its source's streams, as well as it can be known."""
    from pipelines.land.recognise import tries

    partial = [fit for stream in candidates for fit in tries(stream, tops, names) if fit.found]
    nearest = max(partial, key=lambda fit: len(fit.found), default=None)
    if nearest:
        refuse_look_alikes(nearest.stream, nearest.place, nearest.unknown)
    found = len(nearest.found) if nearest else 0
    for stream in streams.values():
        fits = [] if stream in candidates else tries(stream, tops, names)
        if any(not fit.missing and len(fit.found) > found for fit in fits):
            return FileRefused(
                "UNKNOWN_FORMAT",
                f"it is no export of {candidates[0].source}, but fits {stream.table}",
                f"Put it into the folder `{stream.source}`.",
                expected=", ".join(candidate.table for candidate in candidates),
                table=stream.table,
            )
    if nearest and nearest.is_most_of_it:
        return _drifted(nearest)
    return (
        _other_delimiter(candidates, tops, names)
        or _unreadable(candidates, tops)
        or _unknown(candidates, tops, nearest)
    )


def _drifted(fit: Fit) -> FileRefused:
    column = fit.missing[0]
    names = [header.name or header.pattern or "" for header in column.headers]
    lacking = ", ".join(repr(missing.name) for missing in fit.missing)
    near = _nearest(names, fit.unknown)
    hint = f"; {near!r} comes nearest" if near else ""
    unknown = f"; unknown headers: {_some(fit.unknown)}" if fit.unknown else ""
    alias = near or "the new header"
    return FileRefused(
        "SCHEMA_DRIFT",
        f"no header for {lacking} of {fit.stream.table}{hint}{unknown}",
        f"If {alias!r} is that column, add it as an alias (`headers`) in"
        f" {_home(fit.stream, column)}; else export the file with the column.",
        expected=" or ".join(names),
        row=fit.place + 1,
        column=column.name,
        value=near or "",
        table=fit.stream.table,
    )


def _nearest(names: Sequence[str], unknown: Sequence[str]) -> str | None:
    folded = {fold(header): header for header in unknown}
    for name in names:
        near = difflib.get_close_matches(fold(name), folded, n=1, cutoff=0.5)
        if near:
            return folded[near[0]]
    return None


def _other_delimiter(
    candidates: Sequence[Stream], tops: Tops, names: Sequence[str]
) -> FileRefused | None:
    """Whether the file would fit with another delimiter; it is not read by that one."""
    from pipelines.land.recognise import tries

    for stream in candidates:
        for delimiter, called in DELIMITERS.items():
            shapes = [
                shape.model_copy(update={"delimiter": delimiter})
                for shape in stream.shapes
                if shape.format == "csv" and shape.header and shape.delimiter != delimiter
            ]
            other = stream.model_copy(update={"shapes": tuple(shapes)})
            if any(not fit.missing for fit in tries(other, tops, names)):
                declared = sorted({DELIMITERS.get(s.delimiter, s.delimiter) for s in stream.shapes})
                return FileRefused(
                    "DIALECT",
                    f"its cells are separated by {called}; the contract of {stream.table} says"
                    f" {' or '.join(declared)}",
                    f"Export it as declared, or add a shape with that delimiter to {_home(stream)}."
                    " The decimal sign may have changed with it.",
                    expected=" or ".join(declared),
                    value=called,
                    table=stream.table,
                )
    return None


def _unreadable(candidates: Sequence[Stream], tops: Tops) -> FileRefused | None:
    """The reason of the reading that came furthest, where no shape of the source can read it."""
    declared = sorted({s.encoding for c in candidates for s in c.shapes if s.format == "csv"})
    if tops.export.kind == "text" and seems_utf16(tops.export.path) and "utf-16" not in declared:
        return FileRefused(
            "BAD_ENCODING",
            "from byte 0 on it looks like UTF-16, which the contract does not declare",
            f"Export it as {' or '.join(declared)}, or add a shape with `encoding: utf-16` to"
            f" {_home(candidates[0])}.",
            row=1,
            expected=" or ".join(declared),
        )
    refused = []
    for shape in (shape for stream in candidates for shape in stream.shapes):
        if shape.format == tops.export.format:
            try:
                tops.under(shape)
            except FileRefused as error:
                refused.append(error)
            else:
                return None
    return max(refused, key=lambda each: each.row or 0, default=None)


def _unknown(candidates: Sequence[Stream], tops: Tops, nearest: Fit | None) -> FileRefused:
    tables = ", ".join(stream.table for stream in candidates)
    if nearest:
        lacking = ", ".join(repr(column.name) for column in nearest.missing)
        unknown = f"; it has unknown headers: {_some(nearest.unknown)}" if nearest.unknown else ""
        return FileRefused(
            "UNKNOWN_FORMAT",
            f"it fits no contract; {nearest.stream.table} is nearest, lacking {lacking}{unknown}",
            f"Put it into the folder of its source, or correct {_home(nearest.stream)}.",
            expected=", ".join(
                header.name or header.pattern or ""
                for column in nearest.missing
                for header in column.headers[:1]
            ),
            table=nearest.stream.table,
        )
    formats = sorted({shape.format for stream in candidates for shape in stream.shapes})
    first = candidates[0]
    wanted = [c.headers[0].name or c.headers[0].pattern or "" for c in first.columns if c.headers]
    # Its cells are not shown: without a header they may be anybody's data.
    return FileRefused(
        "UNKNOWN_FORMAT",
        f"none of its first records is a header of {tables} (nearest contract: {first.table}),"
        f" read as {' or '.join(formats)}; it is {tops.export.format or tops.export.kind}",
        "Put it into the folder of its source, or write a contract for it (docs/add-a-source.md).",
        expected=_some(wanted),
        table=first.table,
    )


def _some(headers: Sequence[str]) -> str:
    more = f" and {len(headers) - SHOWN} more" if len(headers) > SHOWN else ""
    return ", ".join(repr(header[:60]) for header in headers[:SHOWN]) + more


def _home(stream: Stream, column: Column | None = None) -> str:
    """Where a contract, or a column of it, is declared: file and line."""
    line = stream.line
    if column is not None:
        place = [each.name for each in stream.columns].index(column.name)
        try:
            _, lines = read_yaml(stream.file)
            line = lines.get(("streams", stream.stream, "columns", place), line)
        except (OSError, DeclarationError):
            pass  # A contract that is not from a file has no line to show.
    family = stream.file.parent.name or stream.family
    return f"models/contracts/{family}/{stream.source}.yml line {line}"
