"""Walking through JSON a window at a time: the records one by one, or the place where it fails.

Also the second count of records, which shares no code with the walk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from models.contract_parts import Shape
from pipelines.land.errors import FileRefused
from pipelines.land.readers.text import decoded

LONGEST_RECORD = 16 << 20
BLANK = re.compile(r"[ \t\r\n]*")
ESCAPED = re.compile(rb"\\.", re.DOTALL)
SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes of NUL and of half characters: JSON can say them, text cannot hold them."""
AGAIN = "Export or send it again: it is damaged, or no JSON."
CUT_OFF = "Export or send it again. Half a file never replaces a whole one."


class Number(str):
    """A number as it stands in the file."""

    __slots__ = ()


class NotExact(ValueError):
    """What a JSON parser would read, but two of them not in the same way."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotExact(f"an object has the key {repeated[:60]!r} twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise NotExact(f"{word} is no number of JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=Number, parse_float=Number, parse_constant=_no_number
)


class Reading:
    """One pass over a file."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path = tuple(shape.records.split(".")) if shape.records else ()
        self._chunks = decoded(path, shape.encoding, 1 << 20)
        self._text, self._at, self._before, self._lines = "", 0, 0, 1
        self._suspicious = False
        self.row = 0
        self.first = self.last = self.level = 0
        """Where the records begin and end, in characters, and how deep within that stretch."""

    def records(self) -> Iterator[dict[str, Any]]:
        """The records in the file's order."""
        if self.path:
            yield from self._within(self.path)
        elif self._peek() == "[":
            yield from self._array()
        else:
            while self._peek():
                yield self._record()
            self.last = self._before + self._at
        if self._peek():
            raise self._unreadable("something follows after its end")

    def _within(self, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        if not path:
            yield from self._array()
            return
        self._expect("{")
        seen = set()
        more = self._peek() != "}"
        if not more:
            self._at += 1
        while more:
            key = self._value() if self._peek() == '"' else None
            if key is None:
                raise self._unreadable("an object's key is missing")
            if key in seen:
                raise self._unreadable(f"an object has the key {key[:60]!r} twice")
            seen.add(key)
            self._expect(":")
            if key == path[0]:
                yield from self._within(path[1:])
            else:
                self._value()
            more = self._expect(",}") == ","
        if path[0] not in seen:
            raise FileRefused(
                "UNREADABLE",
                f"it has no {'.'.join(self.path)!r}, where the contract has its records",
                "Correct `records` in the contract's shape, or export it as before.",
                expected=f"an array of records at {'.'.join(self.path)}",
            )

    def _array(self) -> Iterator[dict[str, Any]]:
        self._expect("[")
        self.first, self.level = self._before + self._at, 0
        more = self._peek() != "]"
        if not more:
            self._at += 1
        while more:
            yield self._record()
            more = self._expect(",]") == ","
        self.last = self._before + self._at - 1

    def _record(self) -> dict[str, Any]:
        self.row += 1
        record = self._value()
        if not isinstance(record, dict):
            raise self._unreadable("it is no object with a name for each value", "an object")
        if self._suspicious:
            self._refuse_no_text(record)
        return record

    def _peek(self) -> str:
        """The next character that is not blank; '' at the end."""
        while True:
            found = BLANK.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if not found:
            raise self._truncated()
        if found not in characters:
            wanted = " or ".join(map(repr, characters))
            raise self._unreadable(f"{found!r} stands where {wanted} belongs", wanted)
        self._at += 1
        return found

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > LONGEST_RECORD:
                    raise self._limit(
                        f"a value is longer than {LONGEST_RECORD:,} characters"
                    ) from None
                if self._more():
                    continue
                tail = self._text[error.pos :].strip()
                cut_off = error.msg.startswith("Unterminated") or any(
                    begun.startswith(tail) for begun in ("true", "false", "null", "-")
                )
                raise (self._truncated() if cut_off else self._unreadable(error.msg)) from None
            except NotExact as error:
                raise self._unreadable(str(error)) from None
            except RecursionError:
                raise self._limit("values are nested hundreds deep") from None
            # What ends with the window may go on in the next: 12 and 34 are 1234.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        if not chunk:
            return False
        self._lines += self._text.count("\n", 0, self._at)
        self._before += self._at
        self._text, self._at = self._text[self._at :] + chunk, 0
        self._suspicious = SUSPICIOUS.search(self._text) is not None
        return True

    def _refuse_no_text(self, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                self._refuse_no_text(key)
                self._refuse_no_text(each)
        elif isinstance(value, list):
            for each in value:
                self._refuse_no_text(each)
        elif isinstance(value, str):
            if "\0" in value:
                raise FileRefused(
                    "NUL_CHARACTER",
                    "it holds a NUL character, which no text has",
                    AGAIN,
                    row=self.row,
                    expected="text without NUL characters",
                )
            try:
                value.encode()
            except UnicodeEncodeError:
                raise self._unreadable("it holds half a character (\\ud800 to \\udfff)") from None

    def _place(self) -> str:
        line = self._lines + self._text.count("\n", 0, self._at)
        return f"record {self.row:,}, line {line:,}" if self.row else f"line {line:,}"

    def _unreadable(
        self, why: str, expected: str = "JSON that every reader reads alike"
    ) -> FileRefused:
        reason = f"it cannot be read as JSON ({self._place()}: {why})"
        return FileRefused("UNREADABLE", reason, AGAIN, row=self.row or None, expected=expected)

    def _truncated(self) -> FileRefused:
        reason = f"it is cut off ({self._place()})"
        return FileRefused(
            "TRUNCATED", reason, CUT_OFF, row=self.row or None, expected="a whole JSON document"
        )

    def _limit(self, why: str) -> FileRefused:
        return FileRefused(
            "LIMIT", f"{why} ({self._place()})", "Export only the fields that are needed.",
            row=self.row or None, expected="records of a report",
        )  # fmt: skip


def count_records(path: Path, shape: Shape, first: int, last: int, level: int) -> int:
    """How many objects begin in a stretch of the file, by its brackets and quotes alone."""
    found, depth, inside, rest, at = 0, 0, 0, b"", 0
    for chunk in decoded(path, shape.encoding, 1 << 20):
        part = rest + chunk[max(0, first - at) : max(0, last - at)].encode()
        at += len(chunk)
        backslashes = len(part) - len(part.rstrip(b"\\"))
        cut = len(part) - backslashes % 2
        rest = part[cut:]
        data = np.frombuffer(ESCAPED.sub(b"", part[:cut]), dtype=np.uint8)
        quotes = np.cumsum(data == ord('"')) + inside
        outside = quotes % 2 == 0
        opens = ((data == ord("{")) | (data == ord("["))) & outside
        closes = ((data == ord("}")) | (data == ord("]"))) & outside
        depths = np.cumsum(opens.astype(np.int64) - closes) + depth
        found += int(np.count_nonzero((data == ord("{")) & outside & (depths == level + 1)))
        if len(data):
            inside, depth = int(quotes[-1]) % 2, int(depths[-1])
    return found
