"""Hostile archives, workbooks, columns and names, by number in the failure model.

Each is landed, or quarantined with a reason; nothing else happens.
"""

from __future__ import annotations

import ast
import gzip
import io
import random
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from landed_exports import House, declared, workbook_of

from models import yaml_source
from pipelines.land import FileQuarantined, Landing, sql
from pipelines.settings import REPOSITORY, Settings

CSV = "Order,Date,Amount,Note\nA1,2026-02-01,12.50,x\n"
ROWS: list[list[Any]] = [
    ["Order", "Date", "Amount", "Note"],
    ["A1", "2026-02-01", 12.5, "x"],
]


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive with these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def of_format(kind: str) -> Any:
    """The orders' contract for another format."""
    return declared(shapes=[{"name": kind, "format": kind}], quarantine_limit=1)


def many_entries(count: int) -> bytes:
    """An archive that lists so many empty files; its list alone is what costs."""
    one = zipped({"a": ""})
    start = one.index(b"PK\x01\x02")
    end = one.rindex(b"PK\x05\x06")
    entries = one[start:end] * count
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entries), start, 0)
    return one[:start] + entries + tail


def overlapping() -> bytes:
    """An archive whose two files are the same bytes, counted twice."""
    one = zipped({"a.csv": CSV})
    start, end = one.index(b"PK\x01\x02"), one.rindex(b"PK\x05\x06")
    entries = one[start:end] + one[start:end].replace(b"a.csv", b"b.csv")
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entries), start, 0)
    return one[:start] + entries + tail


def bloated_workbook() -> bytes:
    """A workbook that unpacks to far more than its size."""
    target = io.BytesIO(workbook_of(ROWS))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/picture.png", b"\0" * (100 << 20))
    return target.getvalue()


def lying_workbook() -> bytes:
    """A workbook with a part that is longer than its list says."""
    content = bytearray(zipped({"xl/workbook.xml": "<x/>" + " " * 1000, "b": "c" * 5000}))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = (4).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.zip", zipped({"a.csv": b"0" * (70 << 20)}), "BOMB"),
        ("a.csv.gz", gzip.compress(b"0" * (70 << 20)), "BOMB"),
        ("a.csv.gz", gzip.compress(b"0" * (40 << 20)) * 2, "BOMB"),
        ("a.zip", many_entries(20_000), "BOMB"),
        ("a.zip", many_entries(1_000_000), "BOMB"),
        ("a.zip", overlapping(), "BOMB"),
        ("a.xlsx", bloated_workbook(), "BOMB"),
        ("a.xlsx", lying_workbook(), "UNREADABLE"),
        ("a.zip", zipped({"a.zip": zipped({"b.zip": zipped({"c.csv": CSV})})}), "ARCHIVE"),
        ("a.zip", zipped({"a.csv.gz": gzip.compress(CSV.encode())}), "ARCHIVE"),
        ("a.zip", zipped({f"{n}.csv": CSV for n in range(300)}), "ARCHIVE"),
        ("a.zip", zipped({"a.csv": CSV}, zipfile.ZIP_LZMA), "ARCHIVE"),
        ("a.zip", zipped({"a.csv": CSV}, zipfile.ZIP_BZIP2), "ARCHIVE"),
        ("a.zip", zipped({"a.csv": CSV}).replace(b"a.csv", b"\xff.csv"), None),
        ("a.zip", b"PK\x05\x06" + b"\xff" * 18, "BOMB"),
    ],
)
def test_f109_an_archive_that_does_harm_is_refused(
    settings: Settings, name: str, content: bytes, code: str | None
) -> None:
    kind = "xlsx" if name.endswith("xlsx") else "csv"
    house = House.of(settings, of_format(kind))
    result = house.put(f"shop/{name}", content)
    if code:
        assert isinstance(result, FileQuarantined), result
        assert result.code == code
        assert result.reason and result.remedy
    assert not list(settings.home.rglob("*unpacked*"))


def test_f109_an_encrypted_archive_is_refused_as_such(settings: Settings) -> None:
    content = bytearray(zipped({"a.csv": CSV}))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(magic)
        content[at + flags] |= 1
    refused = House.of(settings).refuse("shop/a.zip", bytes(content))
    assert (refused.code, "password" in refused.reason) == ("ARCHIVE", True)


@pytest.mark.parametrize("seed", range(40))
def test_g8_a_damaged_archive_is_refused_or_gives_the_same_row(
    settings: Settings, seed: int
) -> None:
    dice = random.Random(seed)
    content = bytearray(zipped({"orders.csv": CSV}))
    for _ in range(dice.randint(1, 4)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    house = House.of(settings)
    result = house.put("shop/a.zip", bytes(content))
    if isinstance(result, Landing):
        assert [str(row["amount"]) for row in house.rows(result)] == ["12.50"]


HOSTILE_NAMES = [
    "../../../../etc/cron.d/evil.csv",
    "/etc/passwd.csv",
    "..\\..\\evil.csv",
    "C:\\Windows\\evil.csv",
    "//server/share/evil.csv",
    "/dev/null.csv",
    "CON.csv",
    f"{'x' * 300}.csv",
    f"{'漢' * 200}.csv",
    "\u202evsc.exe.csv",
    "a\nb\r\nevent: x.csv",
    "\x1b[31mred\x1b[0m.csv",
    "<script>alert(1)</script>.csv",
    "'; DROP TABLE x; --.csv",
    "$(reboot).csv",
    "{{ env_var('HOME') }}.csv",
    ".csv",
    "-rf.csv",
    "a%00b.csv",
    "*?[].csv",
]


@pytest.mark.parametrize("inner", HOSTILE_NAMES)
def test_f111_a_name_inside_an_archive_is_only_data(settings: Settings, inner: str) -> None:
    house = House.of(settings)
    before = {path for path in settings.home.parent.rglob("*") if path.suffix == ".csv"}
    landing = house.land("shop/a.zip", zipped({inner: CSV}))
    assert house.rows(landing)[0]["order_id"] == "A1"
    assert landing.parquet == f"shop__orders/{landing.landing_id}.parquet"
    after = {path for path in settings.home.parent.rglob("*") if path.suffix == ".csv"}
    assert after == before


@pytest.mark.parametrize(
    "name", [n for n in HOSTILE_NAMES if "/" not in n and len(n.encode()) < 256]
)
def test_f111_f115_a_name_in_the_inbox_is_only_data(settings: Settings, name: str) -> None:
    house = House.of(settings)
    landing = house.land(f"shop/{name}", CSV)
    assert landing.file == f"shop/{name}"
    assert [row["order_id"] for row in house.view()] == ["A1"]


STRINGS = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def with_part(part: str, content: bytes) -> bytes:
    """A sound workbook with one of its parts exchanged."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook_of(ROWS))) as book,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for each in book.infolist():
            found = content if each.filename == part else book.read(each)
            if each.filename == "[Content_Types].xml":
                found = found.replace(b"</Types>", STRINGS + b"</Types>")
            copy.writestr(each, found)
        if part not in book.namelist():
            copy.writestr(part, content)
    return target.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = (
    f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is>'
    "</c></row></sheetData></worksheet>"
)
PARTS = [
    "xl/worksheets/sheet1.xml",
    "xl/workbook.xml",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
    "xl/_rels/workbook.xml.rels",
]
LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join([f"&l{n - 1};"] * 10)}">' if n else '<!ENTITY l0 "lol">'
    for n in range(10)
)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("doctype", "use"),
    [
        (LAUGHS, "&l9;"),
        (f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 1000),
        ('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
        ('<!ENTITY a SYSTEM "http://127.0.0.1:9/x">', "&a;"),
        ('<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;', "x"),
    ],
)
def test_f110_entities_in_a_workbook_are_refused(
    settings: Settings, part: str, doctype: str, use: str
) -> None:
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [{doctype}]>{SHEET % use}'.encode()
    refused = House.of(settings, of_format("xlsx")).refuse("shop/a.xlsx", with_part(part, bomb))
    assert refused.code in ("UNREADABLE", "UNKNOWN_FORMAT", "BOMB")
    assert "root:" not in str(refused)


def orders(count: int = 50, **options: Any) -> bytes:
    """A Parquet file of orders."""
    target = io.BytesIO()
    table = pa.table(
        {
            "Order": [f"A{n}" for n in range(count)],
            "Date": ["2026-02-01"] * count,
            "Amount": pa.array([f"{n}.25" for n in range(count)]),
            "Note": [f"note {n % 3}" for n in range(count)],
        }
    )
    pq.write_table(table, target, write_page_checksum=True, **options)
    return target.getvalue()


@pytest.mark.parametrize("seed", range(60))
def test_f040_a_parquet_file_with_flipped_bits_is_refused_or_read_as_it_is(
    settings: Settings, seed: int
) -> None:
    dice = random.Random(seed)
    content = bytearray(orders(compression="none" if seed % 2 else "snappy"))
    place = dice.randrange(4, len(content))
    content[place] ^= 1 << dice.randrange(8)
    house = House.of(settings, of_format("parquet"))
    result = house.put("shop/a.parquet", bytes(content))
    if isinstance(result, FileQuarantined):
        assert result.reason and result.remedy
        return
    # A flipped bit in a text is a text, and nobody can know better; rows are never lost.
    assert result.rows_landed + result.rows_quarantined == 50


def test_f040_a_parquet_file_that_says_another_number_of_records_is_refused(
    settings: Settings,
) -> None:
    content = bytearray(orders(compression="none"))
    # In the footer, as Thrift writes it: version 2, the schema, and then 50 records (100, zigzag).
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    place = content.index(b"\x16\x64\x19", footer)
    content[place + 1] = 104
    refused = House.of(settings, of_format("parquet")).refuse("shop/a.parquet", bytes(content))
    assert (refused.code, "52 records, and has 50" in refused.reason) == ("UNREADABLE", True)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_f040_a_parquet_file_without_its_end_is_refused(settings: Settings, kept: float) -> None:
    content = orders()
    cut = content[: int(len(content) * kept)]
    assert House.of(settings, of_format("parquet")).refuse("shop/a.parquet", cut).code == (
        "UNREADABLE"
    )


def test_f040_times_of_any_unit_and_old_writers_are_read(settings: Settings) -> None:
    from datetime import datetime

    columns = [
        *declared().model_dump()["columns"],
        {"name": "paid_at", "headers": ["Paid"], "type": "timestamp",
         "formats": ["%Y-%m-%d %H:%M:%S"]},
    ]  # fmt: skip
    shapes = [{"name": "parquet", "format": "parquet"}]
    moment = datetime(2026, 2, 1, 10, 30, 15, 250_000)  # noqa: DTZ001
    for number, options in enumerate(
        ({"use_deprecated_int96_timestamps": True}, {"coerce_timestamps": "ms"}, {})
    ):
        target = io.BytesIO()
        kind = pa.timestamp("ns") if number != 1 else pa.timestamp("ms")
        table = pa.table(
            {"Order": ["A1"], "Date": ["2026-02-01"], "Amount": ["1"],
             "Paid": pa.array([moment], kind)}
        )  # fmt: skip
        pq.write_table(table, target, **options)
        house = House.of(settings, declared(shapes=shapes, columns=columns))
        landing = house.land(f"shop/{number}.parquet", target.getvalue())
        assert house.rows(landing)[0]["paid_at"] == moment


def test_f040_a_column_of_another_physical_type_costs_its_rows(settings: Settings) -> None:
    target = io.BytesIO()
    table = pa.table(
        {"Order": ["A1"], "Date": pa.array([20260201], pa.int64()), "Amount": pa.array([True])}
    )
    pq.write_table(table, target)
    house = House.of(settings, of_format("parquet"))
    landing = house.land("shop/a.parquet", target.getvalue())
    assert {fault["column_name"] for fault in house.quarantine(landing)} == {"order_date", "amount"}


def test_f037_sheets_that_hold_data_and_are_not_read_are_said(settings: Settings) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    book.create_sheet("Notes").append(["written by hand"])
    book.create_sheet("Empty")
    hidden = book.create_sheet("Hidden")
    hidden.append([1])
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    landing = House.of(settings, of_format("xlsx")).land("shop/a.xlsx", target.getvalue())
    assert landing.drift == ["sheet 'Notes' is not read", "sheet 'Hidden' is not read"]


INJECTIONS = [
    f"{start}{middle}{end}"
    for start in ("", "x", "Amount")
    for middle in (
        "'; DROP TABLE landed; --",
        '"; DROP TABLE landed; --',
        "' UNION SELECT * FROM read_csv('/etc/passwd') --",
        "\\'; COPY (SELECT 1) TO '/tmp/kpi_injected'; --",
        "{{ run_query('drop table x') }}",
        "${HOME}`id`",
        "$$; ATTACH '/tmp/kpi_injected'; $$",
        "*/ ; INSTALL httpfs; /*",
        "]} , {'a': 1",
        "\\x00\\u0027",
    )
    for end in ("", " ")
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_f115_a_header_a_cell_and_a_sheets_name_are_only_data(
    settings: Settings, text: str
) -> None:
    house = House.of(settings, declared(), of_format("xlsx").model_copy(update={"source": "book"}))
    quoted = '"' + text.replace('"', '""') + '"'
    header = f"Order,Date,Amount,Note,{quoted}\n"
    content = f"{header}A1,2026-02-01,12.50,{quoted},{quoted}\n"
    (row,) = house.rows(house.land("shop/a.csv", content))
    assert row["note"] == text
    extra = duckdb.execute("SELECT json_extract_string(?, '$.*')", [row["_extra"]]).fetchone()
    assert extra == ([text],)
    book = openpyxl.load_workbook(io.BytesIO(workbook_of([[*ROWS[0], text], [*ROWS[1], text]])))
    safe = re.sub(r"[\\*?:/\[\]]", "_", text)[:31].strip("'")
    book.worksheets[0].title = safe
    book.create_sheet("Other").append([text])
    target = io.BytesIO()
    book.save(target)
    landing = house.land("book/a.xlsx", target.getvalue())
    assert house.rows(landing)[0]["order_id"] == "A1"
    assert not Path("/tmp/kpi_injected").exists()


@pytest.mark.parametrize("text", INJECTIONS[:20])
def test_f115_a_contracts_words_are_only_data(settings: Settings, text: str) -> None:
    columns = declared().model_dump()["columns"]
    columns[0]["headers"] = [{"name": text}]
    columns[3]["taken_from"] = {"constant": text}
    columns[3]["headers"] = []
    shapes = [{"name": "csv", "nulls": ["", text]}]
    skip = [{"rule": "total", "column": "order_id", "starts_with": [f"Total {text}"]}]
    house = House.of(settings, declared(columns=columns, shapes=shapes, skip=skip))
    quoted = '"' + text.replace('"', '""') + '"'
    landing = house.land("shop/a.csv", f"{quoted},Date,Amount\nA1,2026-02-01,12.50\n")
    assert house.rows(landing)[0]["order_id"] == "A1"


ATTEMPTS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '/etc/passwd.csv'",
    "ATTACH '/tmp/kpi_attached.db'",
    "COPY (SELECT 1) TO '/tmp/kpi_copied.csv'",
    "EXPORT DATABASE '/tmp/kpi_exported'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET memory_limit = '1TB'",
    "PRAGMA enable_external_access = true",
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_f116_the_database_of_a_landing_reaches_nothing_else(
    settings: Settings, attempt: str
) -> None:
    connection = sql.connect("100MB", [settings.home], settings.home / "spill")
    with pytest.raises(duckdb.Error):
        connection.execute(attempt).fetchall()
    connection.close()
    assert not list(Path("/tmp").glob("kpi_*ed*.db"))


UNSAFE = ("eval", "exec", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all")


def test_f117_nothing_is_unpickled_and_yaml_is_only_data() -> None:
    sources = [
        file
        for folder in ("pipelines", "models", "expectations")
        for file in (REPOSITORY / folder).rglob("*.py")
    ]
    assert len(sources) > 50
    for file in sources:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or ""
                names = {module.split(".")[0], *(each.name.split(".")[0] for each in node.names)}
                unsafe = names & {"pickle", "cPickle", "shelve", "marshal", "dill", "cloudpickle"}
                assert not unsafe, f"{file}: {unsafe}"
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in UNSAFE, f"{file}: {called}"
                if called == "yaml.load":
                    assert "Loader=Loader" in ast.unparse(node), f"{file}: {called}"
    assert yaml_source.Loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", None))


def test_f116_every_connection_is_shut_in_or_reads_what_a_run_has_made() -> None:
    # These open the candidate of a run, whose views read the landed files, by our own SQL.
    ours = {"pipelines/transform.py", "pipelines/check/candidate.py",
            "pipelines/check/dbt_results.py"}  # fmt: skip
    opened = {
        str(file.relative_to(REPOSITORY)): file.read_text(encoding="utf-8")
        for folder in ("pipelines", "expectations")
        for file in (REPOSITORY / folder).rglob("*.py")
        if "duckdb.connect(" in file.read_text(encoding="utf-8")
    }
    assert len(opened) > 8
    shut = {
        file
        for file, source in opened.items()
        if "shut_in(" in source or "enable_external_access = false" in source
    }
    assert set(opened) - shut == ours


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_f116_a_finished_mart_and_a_suite_reach_nothing_else(
    settings: Settings, attempt: str
) -> None:
    from expectations.worker import Batch
    from pipelines.publish.duckdb_target import reading

    file = settings.home / "mart.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    with reading(file, "1GB") as connection, pytest.raises(duckdb.Error):
        connection.execute(attempt).fetchall()
    rows = settings.home / "rows.parquet"
    pq.write_table(pa.table({"a": [1]}), rows)
    with duckdb.connect() as connection:
        Batch(connection, {"expectations": [], "key": []}, {"parquet": [str(rows)]})
        with pytest.raises(duckdb.Error):
            connection.execute(attempt).fetchall()
