"""Why an export, or its landing, goes no further; each error carries its facts and the remedy.

`FileRefused` never leaves this room: `land_file` turns it into a `FileQuarantined`, so that one bad
file does not stop the others. `LandingError` does leave it: then we, not the file, are wrong.
"""

from __future__ import annotations

from typing import Literal

FileCode = Literal[
    "AMBIGUOUS",
    "ARCHIVE",
    "BAD_ENCODING",
    "BAD_QUOTE",
    "BOMB",
    "CONTROL_TOTAL",
    "DIALECT",
    "DUPLICATE_HEADER",
    "EMPTY",
    "HEADER_ONLY",
    "LIMIT",
    "MAGIC_MISMATCH",
    "NUL_CHARACTER",
    "PARSER_CRASH",
    "SCHEMA_DRIFT",
    "TRUNCATED",
    "UNKNOWN_FORMAT",
    "UNKNOWN_SOURCE",
    "UNREADABLE",
]


class LandingError(Exception):
    """Rows would be lost or invented: a fault of this program. Nothing of the export has landed."""

    def __init__(self, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(
            f"{file}: {problem}. Nothing of it was landed; its bytes are in the archive. Please"
            " report this with the export's header: it is a fault of the program, not of the file."
        )


class FileRefused(Exception):
    """An export that breaks its contract as a whole: what was found, where, what was expected."""

    def __init__(
        self,
        code: FileCode,
        reason: str,
        remedy: str,
        *,
        expected: str = "",
        row: int | None = None,
        column: str = "",
        value: str = "",
        table: str = "",
    ) -> None:
        self.code, self.reason, self.remedy = code, reason, remedy
        self.expected, self.row, self.column = expected, row, column
        self.value, self.table = value, table
        super().__init__(f"{code}: {reason}. {remedy}")
