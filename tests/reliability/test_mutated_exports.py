"""Exports broken by dice, of every format: each is landed as it is, or set aside with a reason.

No mutant crashes, hangs or takes the memory; no row is lost, and no landed value is another than
its cell says by a second reading (`independent_reading.py`). Each is read in a process of its own,
within limits, as every export is. `make fuzz` makes 10,000 of them; KPI_FUZZ_SEED other ones.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from independent_reading import NotReadable, cells_of, differs, figure, records
from landed_exports import declared, workbook_of
from landed_exports import read as read_rows
from mutations import Mutant, Original, mutants

from models.contract import Stream, load_contracts
from models.contract_parts import Column, Shape
from pipelines.archive import archive_file
from pipelines.land import FileQuarantined, Landing
from pipelines.land.confine import Confinement, Job
from pipelines.land.money import amount_columns
from pipelines.settings import REPOSITORY, Settings

NIGHTLY = os.environ.get("KPI_FUZZ") == "nightly"
SEED = int(os.environ.get("KPI_FUZZ_SEED", "8"))
MUTANTS, AT_ONCE = (10_000, 500) if NIGHTLY else (500, 250)
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
LATER = datetime(2026, 12, 1, tzinfo=UTC)
SECONDS = 30
"""Far more than any mutant takes, and enough on a machine that is busy with other things."""
FORMS = ("csv", "json", "xlsx", "parquet")


def orders(form: str) -> Stream:
    """A stream with a column of each type, in one format."""
    column = {"required": True}
    columns: list[dict[str, Any]] = [
        {"name": "order_id", "headers": ["Order"], "type": "text", **column},
        {"name": "order_date", "headers": ["Date"], "type": "date", "formats": ["%Y-%m-%d"],
         **column},
        {"name": "paid_at", "headers": ["Paid"], "type": "timestamp",
         "formats": ["%Y-%m-%d %H:%M:%S"], "time_zone": "Europe/Berlin"},
        {"name": "amount", "headers": ["Amount"], "type": "decimal(18,2)", **column},
        {"name": "currency_code", "headers": ["Currency"], "type": "text"},
        {"name": "pieces", "headers": ["Pieces"], "type": "integer"},
        {"name": "is_paid", "headers": ["Is paid"], "type": "boolean"},
        {"name": "note", "headers": ["Note"], "type": "text"},
    ]  # fmt: skip
    shape = {"name": form, "format": form, "thousands": "," if form == "csv" else ""}
    return declared(source=f"shop_{form}", shapes=[shape], columns=columns, quarantine_limit=1)


def of_orders() -> list[Original]:
    """Forty orders in every format, and in an archive."""
    header = ["Order", "Date", "Paid", "Amount", "Currency", "Pieces", "Is paid", "Note"]
    rows: list[list[Any]] = [
        [f"A{n}", f"2026-02-{n % 28 + 1:02}", f"2026-03-{n % 28 + 1:02} 10:{n:02}:00",
         f"{n * 1234}.{n:02}", ("EUR", "USD")[n % 2], str(n), ("true", "false")[n % 3 == 0],
         ("", "x", "two words", 'a "quoted" one', "naïve, ☕")[n % 5]]
        for n in range(1, 41)
    ]  # fmt: skip
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, *rows])
    text = written.getvalue().encode()
    typed = [
        [*row[:3], float(row[3]), row[4], int(row[5]), row[6] == "true", row[7]] for row in rows
    ]
    objects = [dict(zip(header, row, strict=True)) for row in typed]
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    columns |= {
        "Amount": pa.array([Decimal(row[3]) for row in rows], pa.decimal128(18, 2)),
        "Pieces": pa.array([row[5] for row in typed], pa.int32()),
        "Is paid": pa.array([row[6] for row in typed]),
        "Date": pa.array([datetime.fromisoformat(row[1]).date() for row in rows]),
    }
    parquet, archive = BytesIO(), BytesIO()
    pq.write_table(pa.table(columns), parquet, write_page_checksum=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("orders.csv"), text)
    return [
        Original("shop_csv/orders.csv.gz", gzip.compress(text, mtime=0), "gz"),
        Original("shop_csv/orders.zip", archive.getvalue(), "zip"),
        Original("shop_json/orders.json", json.dumps(objects, indent=1).encode(), "json"),
        Original("shop_json/lines.json", "\n".join(map(json.dumps, objects)).encode(), "json"),
        Original("shop_xlsx/orders.xlsx", workbook_of([header, *typed]), "xlsx"),
        Original("shop_xlsx/texts.xlsx", workbook_of([header, *rows]), "xlsx"),
        Original("shop_parquet/orders.parquet", parquet.getvalue(), "parquet"),
    ]


def all_originals() -> list[Original]:
    """Every fixture; the orders of each format as often as to be a third of the mutants."""
    files = sorted(file for file in FIXTURES.rglob("*") if file.is_file())
    fixtures = [Original.of_fixture(file, FIXTURES) for file in files]
    made = of_orders()
    for each in fixtures:
        if each.name.startswith("google_ads/"):
            content = each.content.decode().replace(",", "\t").encode("utf-16")
            made.append(Original(each.name, content, "csv", "utf-16", "\t"))
    return [*fixtures, *made * 4]


TALLY: Counter[tuple[str, str]] = Counter()


@pytest.fixture(scope="module")
def streams() -> Iterator[dict[str, Stream]]:
    yield load_contracts(REPOSITORY / "models" / "contracts") | {
        stream.table: stream for stream in map(orders, FORMS)
    }
    print(f"\nmutants of seed {SEED}, by format and fate:")
    for (kind, fate), count in sorted(TALLY.items()):
        print(f"  {kind:8} {fate:24} {count:6}")


@pytest.mark.slow
@pytest.mark.timeout(3600 if NIGHTLY else 600)
@pytest.mark.parametrize("first", range(0, MUTANTS, AT_ONCE))
def test_g8_a_mutant_is_landed_as_it_is_or_set_aside_with_a_reason(
    settings: Settings, streams: dict[str, Stream], first: int
) -> None:
    for name, value in (("landing_seconds", SECONDS), ("landing_memory", 1 << 30)):
        object.__setattr__(settings, name, value)
    wrong: list[str] = []
    waiting: list[tuple[int, Mutant, Job, str]] = []
    with Confinement(settings, streams) as confinement:

        def settle(rest: int) -> None:
            while len(waiting) > rest:
                number, mutant, job, ticket = waiting.pop(0)
                try:
                    found = _judged(settings, streams, mutant, confinement.result(ticket))
                except Exception as error:
                    found = [f"{type(error).__name__}: {error}"]
                wrong.extend(_told(number, mutant, each) for each in found)
                job.path.unlink()

        for number, mutant in mutants(all_originals(), SEED, range(first, first + AT_ONCE)):
            job = _laid_down(settings, number, mutant)
            waiting.append((number, mutant, job, confinement.submit(job)))
            settle(1)
        settle(0)
    assert not wrong, f"{len(wrong)} with seed {SEED}:\n" + "\n".join(wrong[:40])


def _laid_down(settings: Settings, number: int, mutant: Mutant) -> Job:
    path = settings.inbox / f"{number}" / mutant.name
    path.parent.mkdir(parents=True)
    path.write_bytes(mutant.content)
    sha256 = archive_file(path, settings.archive).sha256
    mtime_ns = int(LATER.timestamp()) * 10**9
    return Job(path, mutant.name, sha256, mtime_ns, len(mutant.content))


def _told(number: int, mutant: Mutant, problem: str) -> str:
    folder = Path(tempfile.mkdtemp(prefix=f"mutant-{SEED}-{number}-"))
    (folder / Path(mutant.name).name).write_bytes(mutant.content)
    return f"mutant {number} of {mutant.name} ({', '.join(mutant.done)}), in {folder}: {problem}"


def _judged(
    settings: Settings,
    streams: dict[str, Stream],
    mutant: Mutant,
    result: Landing | FileQuarantined,
) -> list[str]:
    """What is wrong with what became of a mutant."""
    if isinstance(result, FileQuarantined):
        TALLY[mutant.kind, result.code] += 1
        broken = result.code == "PARSER_CRASH" or "took longer" in result.reason
        if broken or not (result.reason and result.remedy):
            return [f"{result.code}: {result.reason} {result.remedy}"]
        return []
    landed = read_rows(settings.landed / result.parquet)
    aside = settings.quarantine / result.parquet
    faults = read_rows(aside) if result.rows_quarantined else []
    TALLY[mutant.kind, "landed"] += 1
    TALLY[mutant.kind, "rows landed"] += len(landed)
    TALLY[mutant.kind, "rows quarantined"] += result.rows_quarantined
    wrong = _not_conserved(result, landed, faults)
    try:
        said = records(mutant.content, _shape(streams, result))
    except NotReadable:
        TALLY[mutant.kind, "not compared"] += 1
        return wrong
    return wrong + _changed(streams[result.table], result, landed, faults, said)


def _shape(streams: dict[str, Stream], landing: Landing) -> Shape:
    return next(s for s in streams[landing.table].shapes if s.name == landing.shape)


def _not_conserved(
    landing: Landing, landed: list[dict[str, Any]], faults: list[dict[str, Any]]
) -> list[str]:
    broken = {fault["_row_number"] for fault in faults}
    wrong = [
        f"row {f['_row_number']} has no reason" for f in faults if not f["code"] or not f["reason"]
    ]
    parts = len(landed) + len(broken) + sum(landing.rows_skipped.values())
    if parts != landing.rows_in_file or len(broken) != landing.rows_quarantined:
        wrong.append(f"{landing.rows_in_file} rows in the file, but {parts} are accounted for")
    if broken & {row["_row_number"] for row in landed}:
        wrong.append("a row is landed and quarantined")
    for column, currencies in landing.money.items():
        for currency, sums in currencies.items():
            fates = sum(Decimal(sums[fate]) for fate in ("landed", "quarantined", "skipped"))
            if fates != Decimal(sums["in_file"]):
                wrong.append(f"{column} in {currency}: {sums}")
    return wrong


def _is_said_elsewhere(column: Column, shape: Shape) -> bool:
    """Whether the cell alone does not say the value, or not in English."""
    of_period = column.taken_from is not None and column.taken_from.period is not None
    elsewhere = column.as_above or column.within or column.minor_units or of_period
    return bool(elsewhere) or shape.language != "en"


def _changed(
    stream: Stream,
    landing: Landing,
    landed: list[dict[str, Any]],
    faults: list[dict[str, Any]],
    said: dict[int, Any],
) -> list[str]:
    """Where landed rows, values or sums are not those of a second reading."""
    shape = next(s for s in stream.shapes if s.name == landing.shape)
    native = shape.format in ("json", "parquet")
    top = 0 if native else landing.rows_skipped.get("preamble", 0) + bool(shape.header)
    if top not in said:
        return [f"the header should be record {top}"]
    wrong = []
    count = len(said) - native
    if shape.format != "xlsx" and count != landing.rows_in_file:
        wrong.append(f"{count} records in the file, but {landing.rows_in_file} were counted")
    cells = cells_of(stream, said[top])
    sums: Counter[tuple[str, str]] = Counter()
    money = {n: c for n, c in amount_columns(stream).items() if n in cells}
    for row in landed:
        record = said.get(row["_row_number"])
        if record is None:
            wrong.append(f"row {row['_row_number']} is not in the file")
            continue
        for name, (place, header) in cells.items():
            column = stream.column(name)
            if _is_said_elsewhere(column, shape):
                continue
            cell = record[place] if place < len(record) else ""
            if differs(row[name], cell, column, shape, header):
                wrong.append(f"row {row['_row_number']}: {name} is {row[name]!r}, not {cell!r}")
            elif name in money and row[name] is not None:
                code = str(row[money[name]] or "").strip().upper() if money[name] else ""
                sums[name, code] += figure(cell, column, shape, header) or 0
    for (name, code), total in sums.items():
        kept = landing.money.get(name, {}).get(code, {}).get("landed", "0")
        if Decimal(kept) != total:
            wrong.append(f"{name}: {total} {code} in the file's landed rows, but {kept} landed")
    known = {row["_row_number"] for row in (*landed, *faults)}
    if not stream.skip and not stream.sections:
        wrong += [
            f"record {number} is neither landed nor quarantined"
            for number, record in said.items()
            if number > top and number not in known and any(str(c or "").strip() for c in record)
        ]
    return wrong[:5]
