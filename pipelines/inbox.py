"""Step 1, notice: which exports are in the inbox, new since the last look, and no longer growing.

No file is opened here, and none is moved or removed. What a file is, the landing finds out.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipelines.ledger import Ledger
from pipelines.settings import Settings

UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
ProblemCode = Literal[
    "UNKNOWN_SOURCE", "NOT_A_REGULAR_FILE", "UNREADABLE", "NAME_NOT_UTF8", "NAME_REFUSED"
]
IN_NO_FOLDER = "It is in no source's folder. Put it into inbox/<source>/, as google_ads/."
UNFINISHED_NAME = "Hidden, or named as a download that is not finished; rename it when it is whole."
STILL_WRITTEN = "It is still being written."
REMOVED = "It was removed after it had been noticed; put it back."
NOT_UTF8 = "Its name is not UTF-8. Rename it and its folders."


class InboxMissing(Exception):
    """There is no inbox to look into, which is something else than an empty one."""


@dataclass(frozen=True)
class Export:
    """A file to be landed, as it was when it was noticed."""

    path: Path
    source: str
    """The folder in the inbox that it is in, at whatever depth."""
    name: str
    """Its path below the inbox, with `/`."""
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Unsettled:
    """A file that is left for a later run, and why."""

    path: Path
    name: str
    reason: str


@dataclass(frozen=True)
class Problem:
    """Something in the inbox that cannot be landed: to be quarantined, unopened, with a reason."""

    path: Path
    name: str
    code: ProblemCode
    reason: str
    size: int = 0
    mtime_ns: int = 0
    source: str = ""
    """Empty where it is in no source's folder."""


@dataclass(frozen=True)
class Notice:
    """What one look at the inbox found; each list in order of name."""

    new: list[Export] = field(default_factory=list)
    unsettled: list[Unsettled] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unchanged: int = 0
    """Files whose size and time are those of the last `file_seen` event of their name."""


def notice(
    settings: Settings,
    ledger: Ledger,
    *,
    clock: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> Notice:
    """Look through the inbox once; waits at most `settle_seconds`, and only for young files.

    Raises:
        InboxMissing: the inbox is no folder that can be read.
        LedgerError: the ledger cannot be read.
    """
    if not settings.inbox.is_dir() or not os.access(settings.inbox, os.R_OK | os.X_OK):
        raise InboxMissing(
            f"There is no folder that can be read at {settings.inbox}, where exports should arrive."
            " Make or mount it, or set KPI_INBOX."
        )
    seen = {
        name: (event.payload.get("size"), event.payload.get("mtime_ns"))
        for name, event in ledger.latest_by_subject("file_seen").items()
    }
    candidates: list[Export] = []
    found = Notice()
    unchanged = 0
    for item in _walk(settings.inbox):
        # What cannot be read today may be tomorrow, with the same size and time.
        lasting = not (isinstance(item, Problem) and item.code == "UNREADABLE")
        if isinstance(item, Unsettled):
            found.unsettled.append(item)
        elif lasting and seen.get(item.name) == (item.size, item.mtime_ns):
            unchanged += 1
        elif isinstance(item, Problem):
            found.problems.append(item)
        elif not os.access(item.path, os.R_OK):
            found.problems.append(_unreadable(item.path, item.name, item.source))
        else:
            candidates.append(item)
    settled, growing = _settle(candidates, settings.settle_seconds, clock, wait)
    return Notice(
        new=sorted(settled, key=lambda export: export.name),
        unsettled=sorted([*found.unsettled, *growing], key=lambda file: file.name),
        problems=sorted(found.problems, key=lambda problem: problem.name),
        unchanged=unchanged,
    )


def _walk(inbox: Path) -> Iterator[Export | Unsettled | Problem]:
    folders = [(inbox, "", "")]
    while folders:
        folder, prefix, source = folders.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield _unreadable(folder, prefix.rstrip("/"), source, error)
            continue
        for entry in listed:
            name, path = prefix + entry.name, Path(entry.path)
            if entry.is_dir(follow_symlinks=False) and not is_unfinished(entry.name):
                folders.append((path, f"{name}/", source or entry.name))
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                yield _unreadable(path, name, source, error)
                continue
            yield _judge(path, name, source, state)


def _judge(
    path: Path, name: str, source: str, state: os.stat_result
) -> Export | Unsettled | Problem:
    size, mtime_ns = state.st_size, state.st_mtime_ns

    def problem(code: ProblemCode, reason: str) -> Problem:
        return Problem(path, printable(name), code, reason, size, mtime_ns, printable(source))

    if is_unfinished(path.name):
        return Unsettled(path, printable(name), UNFINISHED_NAME)
    if not stat.S_ISREG(state.st_mode):
        kind = "link" if stat.S_ISLNK(state.st_mode) else "pipe, socket or device"
        return problem("NOT_A_REGULAR_FILE", f"It is a {kind}. Put the export itself there.")
    if name != printable(name):
        return problem("NAME_NOT_UTF8", NOT_UTF8)
    if not source:
        return problem("UNKNOWN_SOURCE", IN_NO_FOLDER)
    return Export(path, source, name, size, mtime_ns)


def is_unfinished(name: str) -> bool:
    """Whether a file or folder is named as what is not to be taken, or not yet."""
    return name.startswith(".") or name.casefold().endswith(UNFINISHED)


def printable(name: str) -> str:
    """A name that can be written as UTF-8; bytes that are not UTF-8 are shown in hexadecimal."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _unreadable(path: Path, name: str, source: str, error: OSError | None = None) -> Problem:
    why = f" ({error.strerror})" if error else ""
    reason = f"It cannot be read{why}. Give the program the right to; it is then taken."
    return Problem(path, printable(name), "UNREADABLE", reason, source=printable(source))


def _settle(
    candidates: list[Export],
    settle_seconds: float,
    clock: Callable[[], float],
    wait: Callable[[float], None],
) -> tuple[list[Export], list[Unsettled]]:
    """Part the files that have stopped changing from those that may still grow.

    A file is settled when it was last written long enough ago, or is the same after a wait. One
    from the future (a sender's clock) cannot be told by its age: it gets the whole wait.
    """
    now = clock()
    ages = {export: now - export.mtime_ns / 1e9 for export in candidates}
    young = {export: age for export, age in ages.items() if age < settle_seconds}
    if young:
        wait(max(settle_seconds if age < 0 else settle_seconds - age for age in young.values()))
    settled, growing = [], []
    for export in candidates:
        if export in young:
            try:
                state = export.path.lstat()
            except FileNotFoundError:
                continue
            if (state.st_size, state.st_mtime_ns) != (export.size, export.mtime_ns):
                growing.append(Unsettled(export.path, export.name, STILL_WRITTEN))
                continue
        settled.append(export)
    return settled, growing


def believed_ns(seen: Mapping[str, Any]) -> int:
    """A file's time of last change, as the ledger has it; of an impossible one when it was seen."""
    return int(seen.get("believed_ns") or seen["mtime_ns"])
