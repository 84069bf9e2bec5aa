"""Why an export, or its landing, goes no further; each error carries its facts and the remedy.

Neither leaves this room: `land_file` turns both into a `FileQuarantined`, so that one file does not
stop the others. With `FileRefused` the file is wrong, with `LandingError` we are. What leaves it is
the machine's or our own store's: a full disk, a damaged archive, a library that is not as it must
be. Of those no file is to blame, and the next one would meet the same.
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
    "NOT_CONSERVED",
    "NUL_CHARACTER",
    "PARSER_CRASH",
    "SCHEMA_DRIFT",
    "TRUNCATED",
    "UNKNOWN_FORMAT",
    "UNKNOWN_SOURCE",
    "UNREADABLE",
]


class LandingError(Exception):
    """Rows or money would be lost or invented: nothing of the export may land (NOT_CONSERVED)."""

    remedy = (
        "Export it in another format, such as CSV. Please report this with the export's header: it"
        " is a fault of the program, too; when that is mended, `kpi quarantine replay` reads the"
        " export again."
    )

    def __init__(self, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(f"{file}: {problem}")


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
