"""The only door to the file system: atomic writes, locks, fault points (exports: `archive.py`).

What is written here is either there whole, also after a power cut, or not there at all. What the
files mean (landings, candidates, releases) belongs to the rooms that call this.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines.settings import Fault, fault_from_environment

# In the order in which a run passes them; `<folder>.before_rename` is for `write_atomically`.
FAULT_POINTS = (
    "archive.before_fsync",
    "archive.before_rename",
    "archive.after_rename",
    "quarantine.before_rename",
    "landed.before_rename",
    "landed.after_rename",
    "ledger.before_append",
    "ledger.before_commit",
    "ledger.after_append",
    "manifest.before_rename",
    "candidate.before_copy",
    "candidate.before_rename",
    "candidate.after_transform",
    "verdict.before_write",
    "verdict.before_rename",
    "verdict.after_write",
    "release.before_rename",
    "release.after_rename",
    "release.before_switch",
    "release.after_switch",
    "release.after_ledger",
)
CHUNK = 1 << 20
FICLONE = 0x40049409
LONGEST_NAME = 255
LEFTOVER = re.compile(r"\.tmp-(?P<pid>\d+)-(?P<started>\d+)-[0-9a-f]{8}-")


class StorageError(Exception):
    """Something about a file that the program will not go on with."""


class InjectedFault(StorageError):
    """A fault that a test asked for by KPI_FAULT."""


class HomeIsBusy(StorageError):
    """Another process works in the same home."""

    def __init__(self, path: Path, pid: int | None, since: str | None) -> None:
        self.path, self.pid, self.since = path, pid, since
        who = f"process {pid}, since {since}" if pid else "another process"
        super().__init__(
            f"{path.parent} is in use by {who}. Wait until it has ended, or end it. The lock goes"
            " with the process: there is nothing to delete."
        )


_passages: dict[Fault, int] = {}


def fault_point(name: str) -> None:
    """Die or fail here if KPI_FAULT says so; otherwise do nothing.

    Raises:
        ValueError: `name`, or the name in KPI_FAULT, is none of FAULT_POINTS. (A test whose fault
            is misspelt would otherwise pass without having tested anything.)
        InjectedFault: KPI_FAULT asks for a failure at this passage.
    """
    _known_fault_point(name)
    fault = fault_from_environment()
    if fault not in _passages:
        _passages.clear()
    if fault is None:
        return
    _known_fault_point(fault.name)
    if fault.name != name:
        return
    _passages[fault] = _passages.get(fault, 0) + 1
    if fault.passage not in (None, _passages[fault]):
        return
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise InjectedFault(f"{name}, passage {_passages[fault]}: a fault asked for by KPI_FAULT")


def _known_fault_point(name: str) -> None:
    if name not in FAULT_POINTS:
        raise ValueError(f"unknown fault point {name!r}; known: {', '.join(FAULT_POINTS)}")


DISK_TROUBLE = {
    "No space left on device": "The disk is full",
    "disk is full": "The disk is full",
    "Disk quota exceeded": "The quota of the disk is used up",
    "File too large": "A file may not grow so large here",
    "Read-only file system": "The disk can only be read",
    "readonly database": "The disk can only be read",
    "Input/output error": "The disk fails",
    "disk I/O error": "The disk fails",
    "Too many open files": "Too many files are open",
}
"""What the system and the libraries say of it, each in its own words."""


def disk_trouble(error: BaseException) -> str | None:
    """What is wrong with the disk, for people, if that is what an error comes of."""
    cause: BaseException | None = error
    while cause is not None:
        for said, meaning in DISK_TROUBLE.items():
            if said in str(cause):
                return (
                    f"{meaning} ({cause}). Put it right and run again: what was not finished does"
                    " not count, and the last release stays."
                )
        cause = cause.__cause__ or cause.__context__
    return None


def write_atomically(
    path: Path, content: bytes | Callable[[Path], None], fault: str | None = None
) -> None:
    """Make `path` appear whole and durably, or not at all; an existing file is replaced.

    `content` is the bytes, or a function that writes a file (or a new folder of files) at the
    path it is given. `fault` names the fault point passed when all is written but not yet visible.
    """
    make_folder(path.parent)
    temporary = temporary_beside(path)
    try:
        if callable(content):
            content(temporary)
        else:
            with temporary.open("xb") as file:
                file.write(content)
        make_durable(temporary)
        if fault:
            fault_point(fault)
        temporary.replace(path)
        sync(path.parent)
    except BaseException:
        remove(temporary)
        raise


def make_folder(path: Path) -> None:
    """Make a folder and its parents, durably; one that is there is left alone."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def make_durable(path: Path) -> None:
    """Wait until a file, or a folder with all that is in it, would survive a power cut."""
    if path.is_dir():
        for folder, _, files in os.walk(path, topdown=False):
            for name in files:
                sync(Path(folder, name))
            sync(Path(folder))
    else:
        sync(path)


def make_read_only(path: Path) -> None:
    """Take the right to write from a file, or from a folder and all that is in it."""
    if path.is_symlink():
        return
    if path.is_dir():
        for child in path.iterdir():
            make_read_only(child)
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it, read-only or not, if it exists."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o700)
    shutil.rmtree(path)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clone_or_copy(source: Path, target: Path) -> bool:
    """Put a writable copy of a file at `target`; True where the disk shares the blocks (reflink).

    Not waited for to reach the disk: a candidate does not outlive a power cut.
    """
    make_folder(target.parent)
    temporary = temporary_beside(target)
    cloned = True
    try:
        with source.open("rb") as original, temporary.open("xb") as copy:
            try:
                fcntl.ioctl(copy.fileno(), FICLONE, original.fileno())
            except OSError:
                cloned = False
        if not cloned:
            shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        remove(temporary)
    return cloned


def switch_pointer(link: Path, target: Path) -> None:
    """Let a symbolic link point to another file or folder, in one step, durably.

    Readers find the old target or the new one. Passes `release.before_switch` when the new link is
    made but not yet in place, and `release.after_switch` when it is.

    Raises:
        StorageError: `target` does not exist, or `link` is something else than a link.
    """
    if not target.exists():
        raise StorageError(f"{link} cannot point to {target}: it does not exist")
    if link.exists() and not link.is_symlink():
        raise StorageError(f"{link} is no link but a file or folder. Move it away.")
    temporary = temporary_beside(link)
    try:
        # Relative, so that a home can be moved or mounted elsewhere.
        temporary.symlink_to(os.path.relpath(target, link.parent))
        fault_point("release.before_switch")
        temporary.replace(link)
        sync(link.parent)
    finally:
        remove(temporary)
    fault_point("release.after_switch")


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock at `path` for the block; it is free again when the process ends, however.

    Raises:
        HomeIsBusy: another process holds it; says which, and since when.
    """
    make_folder(path.parent)
    # The file is never removed: a process could lock the removed one, another its successor.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(path, file.read()) from None
        holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        file.truncate(0)
        file.write(json.dumps(holder))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _busy(path: Path, text: str) -> HomeIsBusy:
    try:
        holder = json.loads(text)
        return HomeIsBusy(path, int(holder["pid"]), str(holder["since"]))
    except (ValueError, KeyError, TypeError):
        return HomeIsBusy(path, None, None)


def temporary_beside(path: Path) -> Path:
    """A new name in the same folder that says which process works on it; see `remove_leftovers`."""
    pid = os.getpid()
    prefix = f".tmp-{pid}-{_started(pid) or 0}-{secrets.token_hex(4)}-"
    tail = os.fsencode(path.name)[-(LONGEST_NAME - len(prefix)) :]
    return path.with_name(prefix + tail.decode("utf-8", "ignore"))


def remove_leftovers(home: Path) -> list[Path]:
    """Remove what processes that were killed left half-written; to be called under the lock.

    Nothing is looked for among exports (they are not ours) and archived objects (never temporary).
    """
    removed = []
    for folder, folders, files in os.walk(home):
        for name in [*folders, *files]:
            found = LEFTOVER.match(name)
            if found and _started(int(found["pid"])) != int(found["started"]):
                remove(Path(folder, name))
                removed.append(Path(folder, name))
        untouched = {"inbox"} if Path(folder) == home else set()
        untouched |= {"sha256"} if Path(folder) == home / "archive" else set()
        folders[:] = [n for n in folders if n not in untouched and not LEFTOVER.match(n)]
    return sorted(removed)


def _started(pid: int) -> int | None:
    """When a process was started, in ticks since boot (a number is re-used, a start is not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(status.rpartition(")")[2].split()[19])


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, would survive a power cut."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
