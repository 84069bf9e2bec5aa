"""What a file is by its content, and what is inside a .zip or .gz: one export, within limits.

A name is never believed: a login page saved as `export.csv` is refused here, before any reader
meets it. What the records mean is none of this module's business.
"""

from __future__ import annotations

import codecs
import errno
import gzip
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Literal

from pipelines.land.errors import FileRefused

Kind = Literal["text", "json", "xlsx", "parquet", "zip", "gzip", "web page", "other"]
FORMATS: dict[Kind, str] = {"text": "csv", "json": "json", "xlsx": "xlsx", "parquet": "parquet"}
NAMES: dict[Kind, str] = {
    "text": "text",
    "json": "JSON",
    "xlsx": "an Excel workbook",
    "parquet": "a Parquet file",
    "zip": "a ZIP archive",
    "gzip": "a gzip archive",
    "web page": "a web page",
}
BY_SUFFIX: dict[str, Kind] = {
    ".csv": "text",
    ".tsv": "text",
    ".tab": "text",
    ".txt": "text",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".zip": "zip",
    ".gz": "gzip",
}
OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<table")
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
JSON = re.compile(r'\[\s*(?:\{\s*"|\{\s*\}|\]\s*$)|\{\s*(?:"|\}\s*$)')
MOST_ENTRIES = 10_000
LONGEST_LIST = 4 << 20
"""Of an archive's contents, in bytes: it is read into memory before anything of it can be asked."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error)
SUSPICIOUS_FROM = 64 << 20
"""An archive may unpack to this much at whatever ratio: so little harms nobody."""


@dataclass(frozen=True)
class Limits:
    """What an export may cost us before it is refused."""

    ratio: int = 100
    unpacked_bytes: int = 32 << 30
    workbook_bytes: int = 2 << 30


@dataclass(frozen=True)
class Unpacked:
    """The export itself: where its bytes are, what they are, what it is called."""

    path: Path
    name: str
    kind: Kind

    @property
    def format(self) -> str:
        """The format as a contract's shape names it; '' for one that no shape can read."""
        return FORMATS.get(self.kind, "")


def unpack(path: Path, name: str, scratch: Path, limits: Limits) -> Unpacked:
    """Look at the content, take the export out of its archive, and compare with the name.

    Raises:
        FileRefused: EMPTY, MAGIC_MISMATCH, ARCHIVE, BOMB.
    """
    kind = _kind(path, name)
    outside = _checked(Unpacked(path, name, kind), limits)
    if kind not in ("zip", "gzip"):
        return outside
    inside, member = scratch / "unpacked", ""
    if kind == "zip":
        member = _from_zip(path, name, inside, limits)
    else:
        member = _from_gzip(path, name, inside, limits)
    kind = _kind(inside, f"{name} → {member}")
    if kind in ("zip", "gzip"):
        raise FileRefused(
            "ARCHIVE",
            f"an archive within an archive: {member!r} is {NAMES[kind]} too",
            "Put the export itself into the inbox, or an archive with nothing but the export.",
        )
    return _checked(Unpacked(inside, member, kind), limits)


def _kind(path: Path, name: str) -> Kind:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise FileRefused(
            "EMPTY",
            f"{name} has no bytes at all",
            "Export it again. An empty file is never taken for figures of zero.",
            expected="a header and data records",
        )
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _workbook_or_zip(path)
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(WEB_PAGE):
        return "web page"
    if _other(start):
        return "other"
    return "json" if _is_json(start, name) else "text"


def _is_json(start: bytes, name: str) -> bool:
    """Whether text is JSON: by how it begins, or, where that may be a header too, by its name."""
    encoding = next((codec for mark, codec in MARKS.items() if start.startswith(mark)), "utf-8")
    begins = start.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    named = BY_SUFFIX.get(PurePosixPath(name).suffix.lower()) == "json"
    return JSON.match(begins) is not None or (named and begins.startswith(("[", "{")))


def _other(start: bytes) -> str:
    return next((what for magic, what in OTHERS.items() if start.startswith(magic)), "")


def _workbook_or_zip(path: Path) -> Kind:
    with _archive(path) as archive:
        return "xlsx" if "xl/workbook.xml" in archive.NameToInfo else "zip"


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A ZIP archive whose list of contents is sane; names in it are only ever compared.

    Raises:
        FileRefused: ARCHIVE, BOMB.
    """
    try:
        with path.open("rb") as file:
            size = _size_of_list(file)
        if size > LONGEST_LIST:
            raise _bomb("it lists far more files than an export has", f"{MOST_ENTRIES:,} files")
        with zipfile.ZipFile(path) as archive:
            if len(archive.filelist) > MOST_ENTRIES:
                found = f"it holds {len(archive.filelist):,} files"
                raise _bomb(found, f"at most {MOST_ENTRIES:,} files")
            members = sorted(archive.filelist, key=lambda member: member.header_offset)
            for one, following in pairwise(members):
                # Bytes that are counted for several files at once unpack to many times their size.
                if one.header_offset + 30 + one.compress_size > following.header_offset:
                    raise _bomb("files in it share the same bytes", "files one after the other")
            yield archive
    except (*DAMAGED, RuntimeError) as error:
        raise _damaged(error) from error
    except OSError as error:
        # Without a number, or for a place that no file has, it is not the disk's but the archive's.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _damaged(error) from error


def _size_of_list(file: BinaryIO) -> int:
    """How many bytes the list of an archive's contents takes, by the record at its end."""
    length = file.seek(0, 2)
    file.seek(max(0, length - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    wide = tail.rfind(b"PK\x06\x06", 0, at) if tail[at - 20 :].startswith(b"PK\x06\x07") else -1
    return max(size, int.from_bytes(tail[wide + 40 : wide + 48], "little")) if wide >= 0 else size


def _damaged(error: Exception | str) -> FileRefused:
    return FileRefused(
        "ARCHIVE",
        f"the archive is damaged or cut off ({error})",
        "Export or send it again.",
        expected="a whole archive",
    )


def _checked(export: Unpacked, limits: Limits) -> Unpacked:
    """The export, unless its name promises something else than its content is."""
    expected = BY_SUFFIX.get(PurePosixPath(export.name).suffix.lower())
    if export.kind in ("web page", "other") or (expected and expected != export.kind):
        raise _mismatch(export, expected)
    if export.kind == "xlsx":
        _refuse_bombs(export, limits)
    return export


def _mismatch(export: Unpacked, expected: Kind | None) -> FileRefused:
    with export.path.open("rb") as file:
        found = NAMES.get(export.kind) or _other(file.read(16))
    promised = NAMES[expected] if expected else "text, JSON, an Excel workbook or a Parquet file"
    remedy = f"Export it again as {promised}, or give it the name of what it is."
    if export.kind == "web page":
        remedy = (
            "This is often a login or error page that was saved in place of the export: sign in and"
            " export again."
        )
    return FileRefused(
        "MAGIC_MISMATCH",
        f"{export.name} is {found} by its content",
        remedy,
        expected=promised,
        value=found,
    )


def _refuse_bombs(export: Unpacked, limits: Limits) -> None:
    with _archive(export.path) as archive:
        # The reader gets no more bytes from a part than it declares here: zipfile sees to it.
        size = sum(part.file_size for part in archive.infolist())
        if any(part.flag_bits & 1 for part in archive.infolist()):
            raise _locked(export.name)
    _within(size, export.path.stat().st_size, limits.ratio, limits.workbook_bytes)


def _from_zip(path: Path, name: str, to: Path, limits: Limits) -> str:
    with _archive(path) as archive:
        members = [
            member
            for member in archive.infolist()
            # What macOS adds beside a file is no export.
            if not member.is_dir() and not member.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            listed = ", ".join(repr(member.filename[:100]) for member in members[:5])
            raise FileRefused(
                "ARCHIVE",
                f"{name} holds {len(members)} files: {listed}",
                "Put each export into the inbox on its own.",
                expected="exactly one file",
            )
        member = members[0]
        if member.flag_bits & 1:
            raise _locked(name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged("it is compressed in a way that is not usual")
        with archive.open(member) as source:
            _copy(source, to, path.stat().st_size, limits)
        return PurePosixPath(member.filename).name


def _locked(name: str) -> FileRefused:
    return FileRefused(
        "ARCHIVE",
        f"{name} is locked with a password",
        "Export it without a password.",
        expected="an archive that is not encrypted",
    )


def _from_gzip(path: Path, name: str, to: Path, limits: Limits) -> str:
    try:
        with gzip.open(path) as source:
            _copy(source, to, path.stat().st_size, limits)
    except (gzip.BadGzipFile, *DAMAGED) as error:
        raise _damaged(error) from error
    inner = PurePosixPath(name).name
    return inner[:-3] if inner.lower().endswith(".gz") else inner


def _copy(source: IO[bytes] | gzip.GzipFile, to: Path, packed: int, limits: Limits) -> None:
    with to.open("xb") as target:
        while chunk := source.read(1 << 20):
            _within(target.tell() + len(chunk), packed, limits.ratio, limits.unpacked_bytes)
            target.write(chunk)


def _within(size: int, packed: int, ratio: int, most: int) -> None:
    if size > most:
        limit = f"{most >> 20:,} MiB"
        raise _bomb(f"it unpacks to more than {limit}", f"at most {limit}")
    if size > SUSPICIOUS_FROM and size > packed * ratio:
        found = f"it unpacks to more than {ratio} times its size"
        raise _bomb(found, f"at most {ratio} times the archive's size")


def _bomb(found: str, expected: str) -> FileRefused:
    return FileRefused(
        "BOMB",
        f"{found}, as an archive made to do harm does",
        "If you know where it comes from, put the export into the inbox without archive, or in"
        " parts, by month for instance.",
        expected=expected,
    )


def copy_out(source: BinaryIO, to: Path) -> None:
    """Write archived bytes to a scratch file; whoever reads `source` to its end checks its hash."""
    with to.open("xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
