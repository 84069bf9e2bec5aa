"""Text as vendors write it, made UTF-8: strictly, or the file is refused with the place.

Also the second count of records, which shares no code with either CSV reader.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipelines.land.errors import FileRefused

CHUNK = 16 << 20
COUNTED_AT_ONCE = 1 << 20
"""Small enough for the processor's cache."""
CODECS = {"utf-8": "utf-8", "windows-1252": "cp1252"}
SHARE_OF_ZEROS = 0.25
"""At least so many of the high bytes of UTF-16 are zero, where headers and numbers are ASCII."""
UTF8_BOM = codecs.BOM_UTF8
LINE_FEED, RETURN = 0x0A, 0x0D


def codec_of(path: Path, encoding: str) -> tuple[str, int]:
    """The codec to read a file with, and how many bytes its byte-order mark takes.

    `utf-16` is read by its mark; without one as little-endian, which is what Windows writes, if
    the zero bytes lie as they do in such text.
    """
    with path.open("rb") as file:
        start = file.read(1024)
    if encoding == "utf-8":
        return "utf-8", 3 if start.startswith(UTF8_BOM) else 0
    if not encoding.startswith("utf-16"):
        return CODECS[encoding], 0
    marks = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    codec = marks.get(start[:2], "utf-16-le" if encoding == "utf-16" else encoding)
    marked = start[:2] in marks
    if encoding != "utf-16" and marked and codec != encoding:
        raise _not_in(encoding, 0, 1, f"its byte-order mark says {codec}")
    if not marked:
        zeros = np.frombuffer(start, dtype=np.uint8) == 0
        high = zeros[1::2] if codec == "utf-16-le" else zeros[0::2]
        if high.mean() < SHARE_OF_ZEROS:
            raise _not_in(encoding, 0, 1, "it has neither a byte-order mark nor the zero bytes")
    return codec, 2 if marked else 0


def seems_utf16(path: Path) -> bool:
    """Whether a file looks like UTF-16, for a helpful word where something else is declared."""
    with path.open("rb") as file:
        start = file.read(1024)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    zeros = np.frombuffer(start, dtype=np.uint8) == 0
    return bool(len(start) > 1 and max(zeros[0::2].mean(), zeros[1::2].mean()) > SHARE_OF_ZEROS)


def decode_top(path: Path, encoding: str, most_bytes: int = 1 << 20) -> tuple[str, bool]:
    """The beginning of a file as text, and whether that is all of it.

    Raises:
        FileRefused: BAD_ENCODING.
    """
    codec, mark = codec_of(path, encoding)
    with path.open("rb") as file:
        file.seek(mark)
        start = file.read(most_bytes)
        whole = not file.read(1)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        return decoder.decode(start, final=whole), whole
    except UnicodeDecodeError as error:
        at = mark + error.start
        raise _not_in(encoding, at, _line(path, codec, at), error.reason) from error


def to_utf8(path: Path, encoding: str, to: Path) -> Path:
    """The file as UTF-8 without byte-order mark: itself if it is, else written anew at `to`.

    Raises:
        FileRefused: BAD_ENCODING, with the byte and the line; NUL_CHARACTER.
    """
    codec, mark = codec_of(path, encoding)
    rewritten = codec != "utf-8" or mark > 0
    with to.open("xb") if rewritten else _nowhere() as target:
        for part in decoded(path, encoding):
            if rewritten:
                target.write(part.encode("utf-8"))
    return to if rewritten else path


def decoded(path: Path, encoding: str, at_once: int = CHUNK) -> Iterator[str]:
    """A file's text, so many bytes at once, without byte-order mark.

    Raises:
        FileRefused: BAD_ENCODING, with the byte and the line; NUL_CHARACTER.
    """
    codec, mark = codec_of(path, encoding)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    offset = mark
    with path.open("rb") as source:
        source.seek(mark)
        while True:
            chunk = source.read(at_once)
            pending = len(decoder.getstate()[0])
            try:
                part = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # The decoder may still hold bytes of the chunk before.
                at = offset - pending + error.start
                raise _not_in(encoding, at, _line(path, codec, at), error.reason) from error
            # The bytes of UTF-8 are asked first: that is many times faster than the text.
            if (codec.startswith("utf-16") or b"\0" in chunk) and "\0" in part:
                before = part[: part.index("\0")].encode(codec)
                raise _nul(_line(path, codec, offset - pending + len(before)))
            if not chunk:
                return
            # Never '', so that it may stand for the end.
            if part:
                yield part
            offset += len(chunk)


def _nowhere() -> BinaryIO:
    return Path("/dev/null").open("wb")


def _line(path: Path, codec: str, offset: int) -> int:
    """The line, counted from 1, in which a byte of the file is."""
    end, lines = "\n".encode(codec), 1
    with path.open("rb") as file:
        while offset > 0 and (chunk := file.read(min(CHUNK, offset))):
            lines += chunk.count(end)
            offset -= len(chunk)
    return lines


def _nul(line: int) -> FileRefused:
    return FileRefused(
        "NUL_CHARACTER",
        "it holds a NUL character, which no text has",
        "The file is damaged or no text: export it again.",
        row=line,
        expected="text without NUL characters",
    )


def _not_in(encoding: str, offset: int, line: int, why: str) -> FileRefused:
    return FileRefused(
        "BAD_ENCODING",
        f"byte {offset:,} (line {line:,}) is not {encoding}: {why}",
        f"Export it again as {encoding}, or correct `encoding` in the contract's shape. No"
        " character is ever replaced by a guess.",
        row=line,
        expected=encoding,
        value=f"byte {offset}",
    )


@dataclass(frozen=True)
class Census:
    """What counting found in the records after the header."""

    records: int
    canonical: bool
    """Quotes stand only where the standard has them, all line ends are alike, no record is blank:
    every reader agrees on what the records are."""
    blank: int = 0
    """Blank lines at the end of the file."""


def count_records(path: Path, start: int, delimiter: str, quote: str) -> Census:
    """Count records from byte `start` on by quotes and line ends alone, a chunk at a time.

    A line end is one of a record if an even number of quotes stands before it. That is right for
    `canonical` files; for others the count is not used.
    """
    no_census = Census(0, canonical=False)
    if len((delimiter + quote).encode()) != 2:  # noqa: PLR2004  (one byte each)
        return no_census
    counter = _Counter(ord(delimiter), ord(quote))
    with path.open("rb") as file:
        end, blank = _without_blank_end(file, start)
        file.seek(0)
        counter.see_top(file.read(start))
        rest, left = b"", end - start
        while left > 0 and counter.canonical:
            chunk = rest + file.read(min(COUNTED_AT_ONCE, left))
            left -= len(chunk) - len(rest)
            cut = chunk.rfind(b"\n") + 1 if left else len(chunk)
            if not cut:
                return no_census
            counter.take(chunk[:cut], last=not left)
            rest = chunk[cut:]
    if not counter.canonical or counter.inside:
        return no_census
    return Census(counter.records, canonical=True, blank=blank)


def _without_blank_end(file: BinaryIO, start: int) -> tuple[int, int]:
    """Where the file ends without the blank lines at its end, and how many these are."""
    size = file.seek(0, 2)
    at = max(start, size - 4096)
    file.seek(at)
    tail = file.read()
    kept = tail.rstrip(b"\r\n")
    if not kept and at > start:
        return size, 0
    ends = tail[len(kept) :]
    one = 2 if ends.startswith(b"\r\n") else min(1, len(ends))
    blank = max(ends.count(b"\n"), ends.count(b"\r"))
    return (at + len(kept) + one, blank - 1) if kept and blank else (at + len(kept), blank)


class _Counter:
    """Counts records over chunks that end with a line feed (the last one anyhow)."""

    def __init__(self, delimiter: int, quote: int) -> None:
        self.quote = quote
        self.around = np.zeros(256, dtype=bool)
        self.around[[delimiter, quote, LINE_FEED, RETURN]] = True
        self.records, self.inside, self.canonical = 0, False, True
        self.returns: bool | None = None
        """Whether lines end in CR LF; None before the first one."""

    def see_top(self, top: bytes) -> None:
        """Compare the line ends before the records with those after."""
        self._see_line_ends(top.count(b"\n"), top.count(b"\r"), top.count(b"\r\n"))

    def take(self, chunk: bytes, last: bool) -> None:
        if self.inside or bytes([self.quote]) in chunk:
            self._take_quoted(chunk, last)
        else:
            self._take_plain(chunk)
        if last and not self.inside and not chunk.endswith(b"\n"):
            self.records += 1

    def _take_plain(self, chunk: bytes) -> None:
        is_feed = np.frombuffer(chunk, dtype=np.uint8) == LINE_FEED
        feeds = int(np.count_nonzero(is_feed))
        returns = chunk.count(b"\r") if b"\r" in chunk else 0
        self._see_line_ends(feeds, returns, chunk.count(b"\r\n") if returns else 0)
        # Two line ends with nothing between them are a blank record.
        apart = 2 if returns else 1
        if is_feed[:apart].any() or (is_feed[apart:] & is_feed[:-apart]).any():
            self.canonical = False
        self.records += feeds

    def _take_quoted(self, chunk: bytes, last: bool) -> None:
        data = np.frombuffer(chunk, dtype=np.uint8)
        quotes = np.flatnonzero(data == self.quote)
        self._see_quotes(data, quotes, last)
        feeds = self._outside(np.flatnonzero(data == LINE_FEED), quotes)
        returns = self._outside(np.flatnonzero(data == RETURN), quotes)
        after_return = feeds[(feeds > 0) & (data[feeds - 1] == RETURN)]
        self._see_line_ends(len(feeds), len(returns), len(after_return))
        # A record that begins with a line end is blank.
        begins = np.concatenate(([0] if not self.inside else [], feeds + 1)).astype(np.int64)
        begins = begins[begins < len(data)]
        if np.isin(data[begins], (LINE_FEED, RETURN)).any():
            self.canonical = False
        self.records += len(feeds)
        self.inside ^= bool(len(quotes) % 2)

    def _outside(self, places: np.ndarray, quotes: np.ndarray) -> np.ndarray:
        before = np.searchsorted(quotes, places) + int(self.inside)
        outside: np.ndarray = places[before % 2 == 0]
        return outside

    def _see_quotes(self, data: np.ndarray, quotes: np.ndarray, last: bool) -> None:
        """An opening quote follows a delimiter or line end, a closing one precedes one."""
        closing = (np.arange(len(quotes)) + int(self.inside)) % 2 == 1
        before = quotes[~closing]
        before = before[before > 0] - 1
        after = quotes[closing] + 1
        if last:
            after = after[after < len(data)]
        if not (self.around[data[before]].all() and self.around[data[after]].all()):
            self.canonical = False

    def _see_line_ends(self, feeds: int, returns: int, pairs: int) -> None:
        if not feeds and not returns:
            return
        alike = returns == 0 or (returns == pairs == feeds)
        with_return = returns > 0
        if not alike or (self.returns is not None and self.returns != with_return):
            self.canonical = False
        self.returns = with_return
