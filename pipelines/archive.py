"""Every export's bytes, kept under their hash: written once, read back only if still the same.

Belongs here: taking bytes in and giving them out. What they mean is for `land/` to find out.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipelines.storage import (
    CHUNK,
    StorageError,
    fault_point,
    make_folder,
    remove,
    sync,
    temporary_beside,
    write_atomically,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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


@dataclass(frozen=True)
class Archived:
    """An export's bytes in the archive."""

    sha256: str
    size: int


def archive_file(path: Path, archive: Path, inbox: Path | None = None) -> Archived:
    """Keep an export's bytes under their hash; the same bytes again change nothing.

    Args:
        path: the export.
        archive: where bytes are kept.
        inbox: below it no folder on the way to `path` may be a link, not even since it was noticed.

    Raises:
        NotARegularFile: `path` is a link, pipe, device or folder, or lies behind a link.
        FileChanged: the file was changed, replaced or removed while it was read.
        OSError: it cannot be read, or the disk is full.
    """
    import zstandard

    make_folder(archive / "tmp")
    temporary = temporary_beside(archive / "tmp" / "object.zst")
    digest, size = hashlib.sha256(), 0
    try:
        with _open_export(path, inbox or path.parent) as source, temporary.open("xb") as target:
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
            sync(kept.parent)
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


def refuse_damaged(sha256: str, archive: Path) -> None:
    """Read an archived object to its end, and find that every byte of it is as it was written.

    Raises:
        ArchiveDamaged: as `open_archived`; also where something stands behind the export's bytes.
    """
    import zstandard

    path = archived_path(sha256, archive)
    digest, behind = hashlib.sha256(), b""
    frame = zstandard.ZstdDecompressor().decompressobj()
    try:
        with path.open("rb") as compressed:
            while chunk := compressed.read(CHUNK):
                if frame.eof:
                    behind = chunk
                    break
                digest.update(frame.decompress(chunk))
    except FileNotFoundError:
        raise ArchiveDamaged(path, sha256, "the archived object is missing") from None
    except zstandard.ZstdError as error:
        raise ArchiveDamaged(path, sha256, f"damaged ({error})") from error
    if not frame.eof or digest.hexdigest() != sha256:
        raise ArchiveDamaged(path, sha256, "its bytes are not those of its name")
    if behind or frame.unused_data:
        raise ArchiveDamaged(path, sha256, "something was written behind its bytes")


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
        refuse_damaged(sha256, archive)
    except ArchiveDamaged:
        return False
    return True


def _open_export(path: Path, below: Path) -> BinaryIO:
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    refusal = f"{path} is no regular file. Put the export itself there, as a plain file."
    *folders, name = path.relative_to(below).parts
    folder = os.open(below, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Step by step, each from the folder that is already open: nobody can put a link between.
        for each in folders:
            above, folder = folder, os.open(each, flags | os.O_DIRECTORY, dir_fd=folder)
            os.close(above)
        file = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
            raise NotARegularFile(refusal) from error
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotARegularFile(refusal)
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
