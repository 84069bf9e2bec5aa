"""Step 2, land: one archived export becomes typed rows, or is quarantined with the reason.

The order is: unpack, recognise, read as text, convert, quarantine, land. Nothing here knows the
ledger or the inbox; the flow writes down what `land_file` returns.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from models.contract import Stream
from pipelines.archive import open_archived
from pipelines.land.errors import FileCode, FileRefused, LandingError
from pipelines.land.landing import FileQuarantined, Landing
from pipelines.settings import Settings
from pipelines.storage import fault_point, file_digest, remove, temporary_beside, write_atomically

if TYPE_CHECKING:
    import duckdb

    from pipelines.land.readers import Records
    from pipelines.land.readers.unpack import Limits, Unpacked
    from pipelines.land.recognise import Recognised
    from pipelines.land.rows import Typed
    from pipelines.land.weigh import Money

__all__ = ["FileQuarantined", "FileRefused", "Landing", "land_file"]


def land_file(
    settings: Settings,
    streams: Mapping[str, Stream],
    path: Path,
    name: str,
    sha256: str,
    mtime_ns: int,
    limits: Limits | None = None,
) -> Landing | FileQuarantined:
    """Land one export whose bytes are in the archive.

    Its rows are there whole when this returns a `Landing`, and not at all otherwise; to do it again
    gives the same files.

    Args:
        settings: where landed and quarantined rows go.
        streams: the contracts, by landed table.
        path: where the export was found. Only its name is looked at: what is read is the archive.
        name: its path below the inbox, the source's folder first.
        sha256: the hash of its bytes, under which they are archived.
        mtime_ns: when it was last changed, for exports that do not say when they were made.
        limits: what an archive may unpack to.

    Raises:
        pipelines.archive.ArchiveDamaged: the archived bytes are gone or damaged.
        pipelines.storage.StorageError, OSError: the disk or the installation fails us.
    """
    from pipelines.land.exported import exported_at
    from pipelines.land.readers.unpack import Limits, copy_out, unpack
    from pipelines.land.recognise import recognise

    scratch = temporary_beside(settings.home / "landing")
    scratch.mkdir(parents=True)
    size, recognised = 0, None

    def quarantined(code: FileCode, reason: str, remedy: str, **where: Any) -> FileQuarantined:
        source = PurePosixPath(name).parts[0] if "/" in name else ""
        if recognised is not None:
            where["table"] = where.get("table") or recognised.stream.table
            where["exported_at"] = exported_at(recognised, mtime_ns).isoformat()
        return FileQuarantined(sha256, name, size, source, code, reason, remedy, **where)

    try:
        with open_archived(sha256, settings.archive) as archived:
            copy_out(archived, scratch / "export")
        size = (scratch / "export").stat().st_size
        try:
            export = unpack(scratch / "export", path.name, scratch, limits or Limits())
            recognised = recognise(streams, export, name)
            return _land(settings, recognised, export, (name, sha256, size, mtime_ns), scratch)
        except FileRefused as refused:
            return quarantined(
                refused.code,
                refused.reason,
                refused.remedy,
                expected=refused.expected,
                row=refused.row,
                column=refused.column,
                value=refused.value,
                table=refused.table,
            )
        except LandingError as error:
            reason = f"{error.problem}, so that rows or money would be lost or invented"
            return quarantined("NOT_CONSERVED", reason, LandingError.remedy)
    finally:
        remove(scratch)


def _land(
    settings: Settings,
    recognised: Recognised,
    export: Unpacked,
    known_as: tuple[str, str, int, int],
    scratch: Path,
) -> Landing:
    from pipelines.land import rows, sql
    from pipelines.land.exported import covered, exported_at
    from pipelines.land.quarantine import write_quarantine
    from pipelines.land.totals import compare_totals
    from pipelines.land.weigh import landed_money, weigh

    name, sha256, size, mtime_ns = known_as
    stream = recognised.stream
    folders = (scratch, settings.landed, settings.quarantine)
    with closing(sql.connect(settings.memory_limit, folders, scratch / "spill")) as connection:
        made = exported_at(recognised, mtime_ns)
        typed = _typed(connection, recognised, export, made, scratch, name)
        for other in recognised.others if typed.broken else ():
            # No file says how its numbers are written: under the wrong shape they are none.
            again = _typed(connection, other, export, made, scratch / other.shape.name, name)
            if not again.broken:
                recognised, typed = other, again
                break
        typed = rows.find_conflicts(connection, typed)
        totals = compare_totals(connection, typed)
        money, sizes = weigh(connection, typed)
        span, scopes = rows.days_and_scopes(connection, typed)
        first, last = covered(recognised, made, span)
        landing = Landing(
            landing_id=sha256,
            source=stream.source,
            stream=stream.stream,
            table=stream.table,
            file=name,
            size=size,
            exported_at=made,
            covered_from=first,
            covered_to=last,
            rows_in_file=0,
            rows_landed=typed.landed,
            rows_quarantined=typed.broken + typed.conflicting + typed.records.broken_rows,
            rows_skipped=_skipped(recognised, typed),
            drift=[*recognised.drift, *typed.records.notes],
            columns_missing=[
                binding.column.name for binding in recognised.bindings if not binding.is_bound
            ],
            contract_digest=stream.digest,
            parquet=f"{stream.table}/{sha256}.parquet",
            shape=recognised.shape.name,
            rows_repeated=typed.repeated,
            scopes=scopes,
            has_periods=span.has_periods,
            totals=[total.to_payload() for total in totals],
            money=money,
            sizes=sizes,
            changed_ns=mtime_ns,
        )
        landing = _judged(_conserved(landing, typed), stream)

        def quarantined(to: Path) -> None:
            written = write_quarantine(connection, typed, sha256, to)
            _must_be(name, written, landing.rows_quarantined, "quarantined rows were written")

        def landed(to: Path) -> None:
            at = made.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
            written = rows.write_landed(connection, typed, sha256, at, _facts(landing), to)
            _must_be(name, written, landing.rows_landed, "landed rows were written")
            _money_conserved(landing, landed_money(connection, stream, money, str(to)))

        broken = settings.quarantine / landing.parquet
        if landing.rows_quarantined:
            write_atomically(broken, quarantined, "quarantine.before_rename")
        else:
            remove(broken)
        write_atomically(settings.landed / landing.parquet, landed, "landed.before_rename")
        fault_point("landed.after_rename")
        return replace(
            landing,
            parquet_sha256=file_digest(settings.landed / landing.parquet),
            quarantine_sha256=file_digest(broken) if landing.rows_quarantined else "",
        )


def _typed(
    connection: duckdb.DuckDBPyConnection,
    recognised: Recognised,
    export: Unpacked,
    made: datetime,
    scratch: Path,
    name: str,
) -> Typed:
    """Read and type the records, by the second reader where the first does not give them all."""
    import duckdb

    from pipelines.land.readers import csv, parquet, text
    from pipelines.land.rows import convert

    scratch.mkdir(exist_ok=True)
    shape, layout, to = recognised.shape, recognised.layout, scratch / "typed.parquet"
    records: Records | None
    if shape.format == "csv":
        utf8 = text.to_utf8(export.path, shape.encoding, scratch / "text")
        # What depends on the records above needs their numbers, which the fast reader leaves out.
        in_order = layout.has_sections or any(b.column.as_above for b in recognised.bindings)
        records = None if in_order else csv.read_fast(utf8, shape, layout)
        if records is not None:
            try:
                typed = convert(connection, recognised, records, made, to)
            except duckdb.InvalidInputException:
                typed = None  # The other reader says which record is at fault.
            if typed is not None and typed.rows == records.rows:
                return typed
        records = csv.read_strictly(utf8, shape, layout, scratch)
    elif shape.format == "xlsx":
        from pipelines.land.readers import xlsx

        records = xlsx.read(export.path, name, shape, layout, scratch)
    elif shape.format == "json":
        from pipelines.land.readers import json as json_reader

        records = json_reader.read(export.path, shape, layout, scratch)
    else:
        records = parquet.read(connection, export.path)
    try:
        typed = convert(connection, recognised, records, made, to)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if shape.format == "parquet":
            raise parquet.unreadable(error) from error
        raise
    if shape.format == "parquet" and typed.rows != records.rows:
        # The file says itself how many it has: that it says another number is its own fault.
        found = f"it says that it has {records.rows} records, and has {typed.rows}"
        raise parquet.unreadable(ValueError(found))
    _must_be(name, typed.rows, records.rows, "records were read")
    return typed


def _skipped(recognised: Recognised, typed: Typed) -> dict[str, int]:
    """The records that are no data, by rule, those that a reader left out included."""
    skipped = Counter(typed.skipped)
    skipped.update(typed.records.left_out)
    if recognised.shape.format not in ("parquet", "json"):
        skipped["preamble"] += len(recognised.preamble)
        skipped["header"] += recognised.header_rows
    return {rule: rows for rule, rows in sorted(skipped.items()) if rows}


def _conserved(landing: Landing, typed: Typed) -> Landing:
    """With the number of records in the file, which must be those that landed and all the others.

    Raises:
        LandingError: they are not.
    """
    in_file = (
        sum(landing.rows_skipped.values())
        - sum(typed.skipped.values())
        + typed.records.rows
        + typed.records.broken_rows
    )
    found = landing.rows_landed + landing.rows_quarantined + sum(landing.rows_skipped.values())
    _must_be(landing.file, found, in_file, "rows are landed, quarantined or skipped")
    return replace(landing, rows_in_file=in_file)


def _must_be(name: str, found: int, counted: int, what: str) -> None:
    if found != counted:
        raise LandingError(name, f"{found} {what}, but {counted} were counted")


def _money_conserved(landing: Landing, written: Money) -> None:
    """The sums of the file are those that landed, as they were written, and those set aside.

    Raises:
        LandingError: money would be lost or invented.
    """
    for column, by_currency in landing.money.items():
        for currency, sums in by_currency.items():
            there = written[column].get(currency, {}).get("landed", "0")
            parts = Decimal(there) + Decimal(sums["quarantined"]) + Decimal(sums["skipped"])
            if Decimal(sums["in_file"]) != parts or Decimal(sums["landed"]) != Decimal(there):
                raise LandingError(
                    landing.file,
                    f"{sums['in_file']} {currency} of {column} are in the file, but {parts} are"
                    " landed, quarantined or skipped",
                )


def _judged(landing: Landing, stream: Stream) -> Landing:
    """Refuse an export without data; set aside as a whole one with too many broken rows.

    The limit is a share of the rows, but never less than one row: else 1 % would set aside every
    small file for a single row. A limit of 0 means none at all.

    Raises:
        FileRefused: HEADER_ONLY.
    """
    data = landing.rows_landed + landing.rows_quarantined
    if not data and stream.header_only == "quarantine":
        raise FileRefused(
            "HEADER_ONLY",
            "it has a header and no data",
            "Export it again; or, if that can be true, write `header_only: nothing_happened` into"
            f" the contract of {stream.table}. Until then it is not taken for figures of zero.",
            expected="at least one data record",
            table=stream.table,
        )
    limit = stream.quarantine_limit
    allowed = max(1, math.floor(limit * data)) if limit else 0
    if landing.rows_quarantined <= allowed and (landing.rows_landed or not data):
        return landing
    bound = f"at most {allowed} may be" if landing.rows_landed else "not one was left"
    reason = (
        f"{landing.rows_quarantined} of {data} rows are quarantined, and {bound}"
        f" (quarantine_limit {limit:g}). `kpi quarantine list` shows them."
    )
    return replace(landing, status="set_aside", reason=reason)


def _facts(landing: Landing) -> dict[str, str]:
    """What is written into the Parquet file itself, to be believed without the ledger."""
    conservation = {
        "rows_in_file": landing.rows_in_file,
        "rows_landed": landing.rows_landed,
        "rows_quarantined": landing.rows_quarantined,
        "rows_skipped": landing.rows_skipped,
    }
    return {
        "landing_id": landing.landing_id,
        "table": landing.table,
        "contract_digest": landing.contract_digest,
        "conservation": json.dumps(conservation, sort_keys=True),
    }
