"""How a file is written: its encoding, delimiter, quote, and which record is its header.

Guesses from the file alone; each doubtful one leaves a word in `doubts`, keyed by what it is about.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.contract_parts import Shape
from models.headers import fold
from pipelines.contracts.errors import ContractWorkError
from pipelines.land.readers import TopRecord
from pipelines.land.readers.text import LINE_FEED, UTF8_BOM

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 1 << 20
MOST_PREAMBLE = 100
MOST_RECORDS = 500
FEW = 0.6
"""A delimiter by which fewer of the records have the same width is none."""
NUMBER = re.compile(r"[-+(]?[^\w\s]{0,3}\s?\d[\d.,'\s]*\)?\s?[%€$£]?")
DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?")
MULTIBYTE = ("gb18030", "big5", "shift_jis", "euc_kr", "euc_jp", "cp1251")


@dataclass(frozen=True)
class Dialect:
    """How the file is written, as the beginning of a contract's shape, and where its header is."""

    shape: Shape
    headers: tuple[str, ...]
    """As they stand there; of a file without header, empty texts."""
    place: int
    """Which of the first records is the header; -1: there is none."""
    before: tuple[TopRecord, ...]
    """The preamble."""
    start: TopRecord
    """The last record before the data."""
    doubts: dict[str, str] = field(default_factory=dict)


def dialect_of(file: Path, export: Any) -> Dialect:
    """The dialect of an export that is out of its archive.

    Raises:
        ContractWorkError: it is in no form that a contract can describe.
    """
    if not export.format:
        raise ContractWorkError(
            file, "it is neither text nor a workbook, Parquet or JSON", "Export it as CSV."
        )
    if export.format == "csv":
        encoding, doubt = encoding_of(file, export.path)
        text, whole = _text(export.path, encoding)
        delimiter, quote = _delimiter_and_quote(text, whole)
        shape = Shape(name="csv", encoding=encoding, delimiter=delimiter, quote=quote)
        doubts = {"encoding": doubt} if doubt else {}
        return replace(_with_header(file, export.path, shape), doubts=doubts)
    shape = Shape(name=export.format, format=export.format)
    if export.format == "json":
        shape = shape.model_copy(update={"records": _path_to_records(file, export.path)})
    if export.format == "xlsx":
        return _sheet_with_most(file, export.path, shape)
    return _with_header(file, export.path, shape)


def encoding_of(file: Path, path: Path) -> tuple[str, str]:
    """The encoding as contracts name it, and a doubt where it can only be guessed."""
    with path.open("rb") as source:
        start = source.read(LOOKED_AT)
        rest = source.read()
    if start.startswith(UTF8_BOM):
        return "utf-8", ""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ""
    zeros = (start[0:2000:2].count(0), start[1:2000:2].count(0))
    if max(zeros) > len(start[:2000]) / 8:
        return ("utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"), ""
    try:
        (start + rest).decode("utf-8")
    except UnicodeDecodeError as error:
        return _of_one_byte(file, start + rest, error.start)
    return "utf-8", ""


def _of_one_byte(file: Path, content: bytes, at: int) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:LOOKED_AT], cp_isolation=["cp1252", *MULTIBYTE]).best()
    if best is not None and best.encoding in MULTIBYTE:
        raise ContractWorkError(
            file,
            f"it seems to be in {best.encoding}, which no contract can name",
            "Export it as UTF-8, or save it so.",
        )
    line = content[content.rfind(b"\n", 0, at) + 1 :].partition(b"\n")[0]
    seen = line.decode("cp1252", errors="replace").strip()[:60]
    return "windows-1252", f"not UTF-8, so windows-1252 is taken; does this look right: {seen}"


def _text(path: Path, encoding: str) -> tuple[str, bool]:
    from pipelines.land.readers.text import decode_top

    return decode_top(path, encoding, LOOKED_AT)


def _delimiter_and_quote(text: str, whole: bool) -> tuple[str, str]:
    if not whole:
        text = text[: text.rfind(chr(LINE_FEED)) + 1]
    best, found = 0.0, (",", '"')
    for delimiter in DELIMITERS:
        quote = _quote(text, delimiter)
        widths = [len(cells) for cells in _records(text, delimiter, quote) if any(cells)]
        if not widths:
            continue
        # The header counts twice: what stands in it is no decimal comma.
        widths = [*widths, max(widths[:1] or [1])]
        width, times = Counter(widths).most_common(1)[0]
        share = times / len(widths)
        # A file of few columns, or of many sections, has no width that most records have.
        score = share * width if width > 1 and share >= FEW else 0.1 * share * width
        if width > 1 and score > best:
            best, found = score, (delimiter, quote)
    return found


def _quote(text: str, delimiter: str) -> str:
    mark = re.escape(delimiter)
    single = re.findall(rf"(?:^|{mark})'[^'\n]*'(?={mark}|\r?$)", text[:100_000], re.MULTILINE)
    return "'" if '"' not in text and len(single) > text[:100_000].count("\n") / 2 else '"'


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    csv.field_size_limit(LOOKED_AT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    found: list[list[str]] = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) == MOST_RECORDS:
                break
    except csv.Error:
        return found
    return found


def _with_header(file: Path, path: Path, shape: Shape) -> Dialect:
    """Find the header among the first records, as landing will read them."""
    from pipelines.land import FileRefused
    from pipelines.land.recognise import read_top

    long = shape.model_copy(update={"preamble_rows": MOST_PREAMBLE})
    try:
        top = read_top(path, long)
    except FileRefused as refused:
        raise ContractWorkError(file, refused.reason, refused.remedy) from refused
    records = [_trimmed(record.cells) for record in top]
    widths = Counter(len(cells) for cells in records if len(cells) > 1)
    width = widths.most_common(1)[0][0] if widths else 1
    place = next((n for n, cells in enumerate(records) if _is_header(cells, width)), None)
    if place is None:
        return _headerless(file, shape, top, width)
    cells = top[place].cells
    repeated = [header for header, n in Counter(map(fold, cells)).items() if header and n > 1]
    if repeated:
        raise ContractWorkError(
            file,
            f"the header {repeated[0]!r} stands twice, so nobody knows which column is meant",
            "Export it with each column once, or under different names.",
        )
    return Dialect(
        shape.model_copy(update={"preamble_rows": place}),
        cells,
        place,
        tuple(top[:place]),
        top[place],
    )


def _headerless(file: Path, shape: Shape, top: Sequence[TopRecord], width: int) -> Dialect:
    first = next((n for n, record in enumerate(top) if len(record.cells) >= width), None)
    if first is None or shape.format != "csv":
        raise ContractWorkError(file, "it holds no table", "Export it with a header and rows.")
    before = tuple(top[:first])
    return Dialect(
        shape.model_copy(update={"header": False, "preamble_rows": first}),
        ("",) * len(top[first].cells),
        first - 1,
        before,
        before[-1] if before else TopRecord(()),
    )


def _trimmed(cells: Sequence[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _is_header(cells: Sequence[str], width: int) -> bool:
    """Whether a record names columns: nearly as many as rows have cells, each a word of its own."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(cells) < min(width, 2) or len(cells) < width * 0.7 or len(filled) < len(cells) * 0.7:
        return False
    if any(NUMBER.fullmatch(cell) or DATE.fullmatch(cell) for cell in filled):
        return False
    words = {"true", "false", "null", "yes", "no", "n/a"}
    return not any(cell.casefold() in words for cell in filled)


def _sheet_with_most(file: Path, path: Path, shape: Shape) -> Dialect:
    """The first sheet with a table; its name is said where the workbook has several."""
    import openpyxl

    with path.open("rb") as source:
        names = openpyxl.load_workbook(source, read_only=True).sheetnames
    problem: ContractWorkError | None = None
    for name in names:
        sheet = {"sheet": (name,)} if len(names) > 1 else {}
        try:
            found = _with_header(file, path, shape.model_copy(update=sheet))
        except ContractWorkError as error:
            problem = problem or error
            continue
        others = [other for other in names if other != name]
        doubt = f"the first sheet with a table; there are also {', '.join(others)}"
        return replace(found, doubts={"sheet": doubt} if others else {})
    raise problem or ContractWorkError(file, "it has no sheet", "Export it again.")


def _path_to_records(file: Path, path: Path) -> str:
    """The path to the array of records, where the document is one object with an array in it."""
    import json

    with path.open("rb") as source:
        start = source.read(LOOKED_AT)
    if not start.lstrip(UTF8_BOM).lstrip().startswith(b"{"):
        return ""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return ""  # One object a line.
    found = _longest_array(document, ())
    if found is None:
        return ""
    return ".".join(found)


def _longest_array(value: object, at: tuple[str, ...]) -> tuple[str, ...] | None:
    best: tuple[int, tuple[str, ...]] | None = None
    waiting: list[tuple[object, tuple[str, ...]]] = [(value, at)]
    while waiting:
        here, place = waiting.pop(0)
        if isinstance(here, list) and here and all(isinstance(each, dict) for each in here):
            if best is None or len(here) > best[0]:
                best = (len(here), place)
        elif isinstance(here, dict):
            waiting += [(part, (*place, str(key))) for key, part in here.items()]
    return best[1] if best else None
