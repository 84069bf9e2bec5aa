"""Exports as they never should be: sound ones with bytes, lines, cells or structure broken by dice.

The same seed and number give the same mutant. Whether it may land is not said here.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Dice = random.Random
NUMBERS = (
    "1.234,50", "1,234.50", "1 234,5", "1'234.5", "12,34", "1e3", "1E+15", "0x1F", "-0", "+5",
    "007", "(12.50)", "12.50-", "−3", "٣", "12%", "< 10", "--", "NaN", "inf", "9" * 40,
    "0." + "9" * 40, "1_000", "1,23,456.78", "12.345", "0.005", "-", ".", ",", "$5", "€ 5",
    "1.2.3", "1,,000",
)  # fmt: skip
TEXTS = (
    "", " ", "\u00a0", "\u200b", "\ufeff", "\0", "\r", "\n", '"', '""', "'", ";", ",", "\t", "\\",
    "=1+1", "Total", "Total: Account", "Grand total", "null", "NULL", "N/A", "#REF!", "TRUE",
    "\ud7ff", "💶", "x" * 5000, "03/04/2026", "2026-02-30", "2026-13-01", "46000", "1/2/26",
    "2026-02-01T00:00:00Z", "31.12.2025", "0000-00-00", "９９",
)  # fmt: skip
NOT_AN_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError
)  # fmt: skip


@dataclass(frozen=True)
class Original:
    """A sound export: where it is laid, and its bytes."""

    name: str
    content: bytes
    kind: str
    """csv, json, xlsx, parquet; or gz or zip around one."""
    encoding: str = "utf-8"
    delimiter: str = ","

    @classmethod
    def of_fixture(cls, file: Path, folder: Path) -> Original:
        """A file of the fixtures; how it is written shows in its bytes."""
        content = file.read_bytes()
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            encoding, text = "cp1252", content.decode("cp1252")
        delimiter = max(",;\t", key=text.count)
        kind = "json" if file.suffix == ".json" else "csv"
        return cls(str(file.relative_to(folder)), content, kind, encoding, delimiter)


@dataclass(frozen=True)
class Mutant:
    """A broken export, and what was done to it."""

    name: str
    content: bytes
    kind: str
    done: tuple[str, ...]


def mutants(originals: list[Original], seed: int, numbers: range) -> Iterator[tuple[int, Mutant]]:
    """The mutants of these numbers."""
    for number in numbers:
        dice = random.Random(f"{seed}-{number}")
        original = dice.choice(originals)
        content, done = original.content, []
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            change = dice.choice(CHANGES[original.kind])
            done.append(change.__name__.strip("_"))
            content = change(content, dice, original)
        yield number, Mutant(original.name, content, original.kind, tuple(done))


def _flip(content: bytes, dice: Dice, _: Original) -> bytes:
    broken = bytearray(content)
    for _n in range(dice.choice((1, 1, 2, 8)) if broken else 0):
        broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
    return bytes(broken)


def _truncate(content: bytes, dice: Dice, _: Original) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _cut_out(content: bytes, dice: Dice, _: Original) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + content[at + dice.choice((1, 2, 7, 64)) :]


def _repeat(content: bytes, dice: Dice, _: Original) -> bytes:
    at = dice.randrange(len(content) + 1)
    end = at + dice.choice((1, 5, 50, 500))
    return content[:end] + content[at:end] + content[end:]


def _put_in(content: bytes, dice: Dice, original: Original) -> bytes:
    at = dice.randrange(len(content) + 1)
    more = dice.choice((*TEXTS, *NUMBERS)).encode(original.encoding, "replace")
    return content[:at] + dice.choice((more, b"\0", b"\xff", b'"', b"\xef\xbb\xbf")) + content[at:]


def _recode(content: bytes, dice: Dice, original: Original) -> bytes:
    text = content.decode(original.encoding, "replace")
    return text.encode(dice.choice(("utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig")),
                       "replace")  # fmt: skip


def _line_ends(content: bytes, dice: Dice, original: Original) -> bytes:
    text = content.decode(original.encoding, "replace")
    ends = ("\n", "\r\n", "\r", "\n\n")
    mixed = dice.random() < 0.5
    end = dice.choice(ends)
    parts = re.split("\r\n|\n|\r", text)
    joined = "".join(p + (dice.choice(ends) if mixed else end) for p in parts[:-1]) + parts[-1]
    return joined.encode(original.encoding, "replace")


def _lines(content: bytes, dice: Dice, original: Original) -> bytes:
    """Lines removed, doubled, exchanged or joined."""
    lines = content.decode(original.encoding, "replace").splitlines(keepends=True)
    if lines:
        one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
        what = dice.randrange(4)
        if what == 0:
            del lines[one]
        elif what == 1:
            lines.insert(two, lines[one])
        elif what == 2:
            lines[one], lines[two] = lines[two], lines[one]
        else:
            lines[one] = lines[one].rstrip("\r\n")
    return "".join(lines).encode(original.encoding, "replace")


def _delimiter(content: bytes, dice: Dice, original: Original) -> bytes:
    text = content.decode(original.encoding, "replace")
    other = dice.choice(",;\t|")
    return text.replace(original.delimiter, other).encode(original.encoding, "replace")


def _cells(content: bytes, dice: Dice, original: Original) -> bytes:
    """Cells removed, doubled, exchanged or overwritten."""
    text = content.decode(original.encoding, "replace")
    quoting = dice.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    out = io.StringIO()
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=original.delimiter))
        _change_cells(rows, dice)
        csv.writer(out, delimiter=original.delimiter, quoting=quoting).writerows(rows)
    except csv.Error:
        return content
    return out.getvalue().encode(original.encoding, "replace")


def _change_cells(rows: list[list[str]], dice: Dice) -> None:
    filled = [row for row in rows if row]
    for _ in range(dice.choice((1, 1, 3)) if filled else 0):
        row = dice.choice(filled)
        if not row:
            continue
        one, two = dice.randrange(len(row)), dice.randrange(len(row))
        what = dice.randrange(8)
        if what == 0:
            del row[one]
        elif what == 1:
            row.insert(two, row[one])
        elif what == 2:
            row[one], row[two] = row[two], row[one]
        elif what == 3:
            row[one] = dice.choice(TEXTS)
        elif what == 4:
            other = dice.choice(filled)
            if len(other) > one:
                row[one], other[one] = other[one], row[one]
        else:
            numeric = [n for n, cell in enumerate(row) if re.search("[0-9]", cell)] or [one]
            place = dice.choice(numeric)
            row[place] = dice.choice((dice.choice(NUMBERS), _other_digit(row[place], dice)))


def _other_digit(text: str, dice: Dice) -> str:
    digits = [match.start() for match in re.finditer("[0-9]", text)]
    at = dice.choice(digits) if digits else 0
    return text[:at] + str(dice.randrange(10)) + text[at + 1 :]


def _inside(content: bytes, dice: Dice, original: Original) -> bytes:
    """What is in an archive is broken, and packed again soundly."""
    change = dice.choice(CHANGES["csv"])
    if original.kind == "gz":
        try:
            return gzip.compress(change(gzip.decompress(content), dice, original), mtime=0)
        except NOT_AN_ARCHIVE:
            return content
    return _repacked(content, dice, lambda _, part: change(part, dice, original))


def _part(content: bytes, dice: Dice, original: Original) -> bytes:
    """A part of a workbook is broken as bytes."""
    wanted = dice.choice(("sheet1.xml", "sheet1.xml", "styles.xml", "workbook.xml", "xml.rels",
                          "sharedStrings.xml", "Content_Types"))  # fmt: skip
    change = dice.choice((_flip, _truncate, _cut_out, _repeat, _put_in))
    return _repacked(
        content, dice, lambda name, part: change(part, dice, original) if wanted in name else part
    )


def _xml(content: bytes, dice: Dice, original: Original) -> bytes:
    """Rows, cells, attributes and values of a sheet are changed so that it still is XML."""

    def changed(name: str, part: bytes) -> bytes:
        if not name.endswith(("sheet1.xml", "sharedStrings.xml")):
            return part
        text = part.decode("utf-8", "replace")
        pattern = dice.choice((r"<row\b.*?</row>", r"<c\b.*?(?:/>|</c>)", r' [a-z]+="[^"<>]*"',
                               r"(?<=<v>)[^<]*", r"(?<=<t>)[^<]*", r"<is>.*?</is>"))  # fmt: skip
        found = list(re.finditer(pattern, text))
        if not found:
            return part
        one, two = dice.choice(found), dice.choice(found)
        value = pattern.startswith("(?<=")
        new = dice.choice(
            (dice.choice(NUMBERS), dice.choice(TEXTS).replace("\0", "").replace("<", ""))
            if value
            else ("", one[0] * 2, two[0])
        )
        new = new.replace("&", "&amp;")
        return (text[: one.start()] + new + text[one.end() :]).encode("utf-8", "replace")

    return _repacked(content, dice, changed)


def _repacked(content: bytes, _: Dice, change: Callable[[str, bytes], bytes]) -> bytes:
    target = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as old,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for each in old.infolist():
                new.writestr(zipfile.ZipInfo(each.filename), change(each.filename, old.read(each)))
    except NOT_AN_ARCHIVE:
        return content
    return target.getvalue()


BYTES = (_flip, _truncate, _cut_out, _repeat, _put_in)
TEXT = (*BYTES, _recode, _line_ends, _lines, _lines)
CHANGES: dict[str, tuple[Callable[[bytes, Dice, Original], bytes], ...]] = {
    "csv": (*TEXT, _delimiter, *[_cells] * 8),
    "json": TEXT,
    "xlsx": (*BYTES, *[_part] * 4, *[_xml] * 8),
    "parquet": (_flip, _flip, _flip, _truncate, _cut_out, _put_in),
    "gz": (_flip, _truncate, *[_inside] * 3),
    "zip": (_flip, _truncate, *[_inside] * 3),
}
