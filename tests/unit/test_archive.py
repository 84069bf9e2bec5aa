from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from pathlib import Path

import pytest
import zstandard

from pipelines.archive import (
    ArchiveDamaged,
    FileChanged,
    NotARegularFile,
    archive_file,
    archived_path,
    open_archived,
    restore_archived,
)

BYTES = b"day,spend\n2026-03-01,12.50\n" * 100_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.csv"
    file.write_bytes(BYTES)
    return file


def test_an_export_is_archived_under_its_hash_compressed_and_read_only(
    export: Path, archive: Path
) -> None:
    archived = archive_file(export, archive)

    assert (archived.sha256, archived.size) == (SHA256, len(BYTES))
    kept = archive / "sha256" / SHA256[:2] / SHA256[2:4] / f"{SHA256}.zst"
    unpacked = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(kept.read_bytes())).read()
    assert unpacked == BYTES
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444
    assert kept.stat().st_size < len(BYTES) / 10
    assert not list((archive / "tmp").iterdir())
    assert export.read_bytes() == BYTES


def test_archiving_the_same_bytes_again_adds_nothing(export: Path, archive: Path) -> None:
    first = archive_file(export, archive)
    before = archived_path(first.sha256, archive).stat()
    export.rename(export.with_name("other name.csv"))

    assert archive_file(export.with_name("other name.csv"), archive) == first

    after = archived_path(first.sha256, archive).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_empty_export_is_archived(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "empty").touch()

    archived = archive_file(tmp_path / "empty", archive)

    assert (archived.sha256, archived.size) == (hashlib.sha256(b"").hexdigest(), 0)
    with open_archived(archived.sha256, archive) as file:
        assert file.read() == b""


@pytest.mark.timeout(10)
def test_f112_links_pipes_devices_and_folders_are_never_followed_or_read(
    export: Path, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(export)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "link", tmp_path / "dangling", tmp_path / "pipe", tmp_path):
        with pytest.raises(NotARegularFile, match="no regular file"):
            archive_file(path, archive)
    with pytest.raises(NotARegularFile):
        archive_file(Path("/dev/zero"), archive)

    assert everything_in(archive) == ["tmp"]


def test_an_export_that_is_gone_is_not_found(tmp_path: Path, archive: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archive_file(tmp_path / "gone.csv", archive)


@pytest.mark.parametrize("change", ["append", "rewrite", "replace", "remove"])
def test_an_export_that_changes_while_it_is_read_is_refused(
    change: str, export: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fstat

    def change_after_the_first_look(file: int) -> os.stat_result:
        found = real(file)
        if stat.S_ISREG(found.st_mode) and found.st_ino == inode:
            if change == "append":
                with export.open("ab") as writer:
                    writer.write(b"more")
            elif change == "rewrite":
                os.utime(export, ns=(found.st_mtime_ns, found.st_mtime_ns + 1))
            elif change == "replace":
                export.with_name("new").write_bytes(BYTES)
                export.with_name("new").replace(export)
            else:
                export.unlink(missing_ok=True)
        return found

    inode = export.stat().st_ino
    monkeypatch.setattr(os, "fstat", change_after_the_first_look)
    with pytest.raises(FileChanged):
        archive_file(export, archive)

    assert everything_in(archive) == ["tmp"]


def test_archived_bytes_come_back_as_they_were(export: Path, archive: Path, tmp_path: Path) -> None:
    archive_file(export, archive)

    with open_archived(SHA256, archive) as file:
        assert file.readline() == b"day,spend\n"
        assert file.read() == BYTES[10:]
    restore_archived(SHA256, archive, tmp_path / "out" / "again.csv")
    assert (tmp_path / "out" / "again.csv").read_bytes() == BYTES


def test_a_missing_object_is_named_with_the_remedy(archive: Path) -> None:
    with pytest.raises(ArchiveDamaged, match=f"{SHA256}.*missing.*into the inbox again"):
        open_archived(SHA256, archive)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1]])
def test_what_is_no_hash_names_no_object(name: str, archive: Path) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        archived_path(name, archive)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "emptied", "exchanged"])
def test_a_damaged_object_is_never_read_to_its_end_nor_restored(
    damage: str, export: Path, archive: Path, tmp_path: Path
) -> None:
    archive_file(export, archive)
    spoil(archived_path(SHA256, archive), damage)

    with pytest.raises(ArchiveDamaged), open_archived(SHA256, archive) as file:
        while file.read(1000):
            pass
    with pytest.raises(ArchiveDamaged):
        restore_archived(SHA256, archive, tmp_path / "again.csv")

    assert not (tmp_path / "again.csv").exists()


def test_a_damaged_object_is_healed_by_the_same_export(export: Path, archive: Path) -> None:
    archive_file(export, archive)
    spoil(archived_path(SHA256, archive), "truncated")

    archive_file(export, archive)

    with open_archived(SHA256, archive) as file:
        assert file.read() == BYTES


def spoil(kept: Path, damage: str) -> None:
    content = bytearray(kept.read_bytes())
    kept.chmod(0o644)
    if damage == "flipped":
        content[len(content) // 2] ^= 1
    elif damage == "truncated":
        del content[-20:]
    elif damage == "emptied":
        content.clear()
    else:
        content = bytearray(zstandard.ZstdCompressor().compress(b"other bytes"))
    kept.write_bytes(content)


@pytest.mark.timeout(60)
def test_f112_a_folder_that_is_swapped_for_a_link_is_never_followed(
    tmp_path: Path, archive: Path
) -> None:
    inbox, secret = tmp_path / "inbox", tmp_path / "secret"
    (inbox / "shop" / "deep").mkdir(parents=True)
    (secret / "deep").mkdir(parents=True)
    (secret / "deep" / "a.csv").write_bytes(b"secret")
    (inbox / "shop" / "deep" / "a.csv").write_bytes(b"export")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (inbox / "shop").rename(inbox / "away")
            (inbox / "shop").symlink_to(secret)
            (inbox / "shop").unlink()
            (inbox / "away").rename(inbox / "shop")

    swapping = threading.Thread(target=swap)
    swapping.start()
    found, refused = set(), 0
    try:
        for _ in range(2000):
            try:
                found.add(archive_file(inbox / "shop" / "deep" / "a.csv", archive, inbox).sha256)
            except (NotARegularFile, FileNotFoundError, FileChanged):
                refused += 1
    finally:
        stop.set()
        swapping.join()
    assert hashlib.sha256(b"secret").hexdigest() not in found
    assert refused


def test_f112_a_folder_that_is_a_link_is_refused(tmp_path: Path, archive: Path) -> None:
    inbox, secret = tmp_path / "inbox", tmp_path / "secret"
    inbox.mkdir()
    secret.mkdir()
    (secret / "a.csv").write_bytes(b"secret")
    (inbox / "shop").symlink_to(secret)
    with pytest.raises(NotARegularFile):
        archive_file(inbox / "shop" / "a.csv", archive, inbox)
    # The inbox itself may be one: the operator put it there.
    (tmp_path / "linked").symlink_to(secret)
    assert archive_file(tmp_path / "linked" / "a.csv", archive, tmp_path / "linked").size == 6


def test_f112_a_hard_link_is_a_file_like_any_other_and_is_not_changed(
    export: Path, archive: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.csv"
    second.hardlink_to(export)
    before = export.stat()
    assert archive_file(second, archive).sha256 == SHA256
    after = export.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_nlink) == (
        before.st_mode, before.st_mtime_ns, 2,
    )  # fmt: skip
