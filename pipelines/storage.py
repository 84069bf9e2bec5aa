"""The only door to the file system: atomic writes, content addresses, locks, fault points.

What is written here is either there whole, also after a power cut, or not there at all. What the
files mean (landings, candidates, releases) belongs to the rooms that call this.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.settings import Fault, fault_from_environment

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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


class NotARegularFile(StorageError):
    """A link, pipe, device or folder where an export was expected; it is never followed or read."""


class FileChanged(StorageError):
    """An export that was written to while it was read; the next run takes it."""


class ArchiveDamaged(StorageError):
    """An archived object that is missing, or is no longer the bytes its name promises."""

    def __init__(self, path: Path, sha256: str, problem: str) -> None:
        self.path, self.sha256, self.problem = path, sha256, problem
        super().__init__(
            f"{path}: {problem}. Restore it from a backup, or put the export with SHA-256"
            f" {sha256} into the inbox again."
        )


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
        _sync(path.parent)
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
        _sync(folder.parent)


def make_durable(path: Path) -> None:
    """Wait until a file, or a folder with all that is in it, would survive a power cut."""
    if path.is_dir():
        for folder, _, files in os.walk(path, topdown=False):
            for name in files:
                _sync(Path(folder, name))
            _sync(Path(folder))
    else:
        _sync(path)


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
        _sync(link.parent)
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


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@dataclass(frozen=True)
class Archived:
    """An export's bytes in the archive."""

    sha256: str
    size: int


def archive_file(path: Path, archive: Path) -> Archived:
    """Keep an export's bytes under their hash; the same bytes again change nothing.

    Raises:
        NotARegularFile: `path` is a link, pipe, device or folder.
        FileChanged: the file was changed, replaced or removed while it was read.
        OSError: it cannot be read, or the disk is full.
    """
    import zstandard

    make_folder(archive / "tmp")
    temporary = temporary_beside(archive / "tmp" / "object.zst")
    digest, size = hashlib.sha256(), 0
    try:
        with _open_export(path) as source, temporary.open("xb") as target:
            before = os.fstat(source.fileno())
            compressor = zstandard.ZstdCompressor(level=1, write_checksum=True)
            with compressor.stream_writer(target, closefd=False) as compressed:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    compressed.write(chunk)
            _refuse_changed(path, before, size)
            target.flush()
            fault_point("archive.before_fsync")
            os.fsync(target.fileno())
        temporary.chmod(0o444)
        sha256 = digest.hexdigest()
        kept = archived_path(sha256, archive)
        # A damaged object is healed by the same bytes coming in again.
        if not kept.exists() or not _is_whole(sha256, archive):
            make_folder(kept.parent)
            fault_point("archive.before_rename")
            temporary.replace(kept)
            _sync(kept.parent)
            fault_point("archive.after_rename")
    finally:
        remove(temporary)
    return Archived(sha256, size)


def archived_path(sha256: str, archive: Path) -> Path:
    """Where the bytes with this hash are kept.

    Raises:
        ValueError: no SHA-256 in lower-case hexadecimal.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError(f"{sha256!r} is no SHA-256 in lower-case hexadecimal")
    return archive / "sha256" / sha256[:2] / sha256[2:4] / f"{sha256}.zst"


def open_archived(sha256: str, archive: Path) -> BinaryIO:
    """An archived export's bytes, to be read from front to back.

    At the end the bytes read are compared with the hash: whoever reads to the end knows.

    Raises:
        ArchiveDamaged: the object is missing, or (while reading) is not what its name promises.
    """
    path = archived_path(sha256, archive)
    try:
        compressed = path.open("rb")
    except FileNotFoundError:
        raise ArchiveDamaged(path, sha256, "the archived object is missing") from None
    return io.BufferedReader(_Archived(compressed, path, sha256), CHUNK)


def restore_archived(sha256: str, archive: Path, to: Path) -> None:
    """Write an archived export's bytes to a file, for readers that must jump about in it.

    Raises:
        ArchiveDamaged: as `open_archived`; `to` is then left as it was.
    """

    def copy(temporary: Path) -> None:
        with open_archived(sha256, archive) as source, temporary.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK)

    write_atomically(to, copy)


class _Archived(io.RawIOBase):
    """Decompresses and hashes; refuses an end at which the hash is another.

    Needed because the decompressor takes a truncated object for the end of the data.
    """

    def __init__(self, compressed: BinaryIO, path: Path, sha256: str) -> None:
        import zstandard

        self._compressed, self._path, self._sha256 = compressed, path, sha256
        self._reader = zstandard.ZstdDecompressor().stream_reader(compressed)
        self._broken, self._digest = zstandard.ZstdError, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            count = self._reader.readinto(view) if len(view) else 0
        except self._broken as error:
            raise ArchiveDamaged(self._path, self._sha256, f"damaged ({error})") from error
        self._digest.update(view[:count])
        if not count and len(view) and self._digest.hexdigest() != self._sha256:
            raise ArchiveDamaged(self._path, self._sha256, "its bytes are not those of its name")
        return count

    def close(self) -> None:
        self._compressed.close()
        super().close()


def _is_whole(sha256: str, archive: Path) -> bool:
    try:
        with open_archived(sha256, archive) as file:
            while file.read(CHUNK):
                pass
    except ArchiveDamaged:
        return False
    return True


def _open_export(path: Path) -> BinaryIO:
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    advice = "Put the export itself there, as a plain file."
    try:
        file = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise NotARegularFile(f"{path} is no regular file. {advice}") from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotARegularFile(f"{path} is no regular file. {advice}")
    return os.fdopen(file, "rb")


def _refuse_changed(path: Path, before: os.stat_result, size: int) -> None:
    try:
        after = path.lstat()
    except FileNotFoundError:
        raise FileChanged(f"{path} was removed while it was read. Put it back.") from None

    def identity(found: os.stat_result) -> tuple[int, ...]:
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    if identity(before) != identity(after) or size != before.st_size:
        raise FileChanged(f"{path} was changed while it was read. The next run takes it.")
