from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import sys
import threading
import time
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
from pipelines.settings import REPOSITORY
from pipelines.storage import (
    FAULT_POINTS,
    HomeIsBusy,
    InjectedFault,
    StorageError,
    clone_or_copy,
    exclusive_lock,
    fault_point,
    file_digest,
    make_read_only,
    remove,
    remove_leftovers,
    switch_pointer,
    temporary_beside,
    write_atomically,
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


# writing


def test_bytes_are_written_with_the_folders_they_need(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "file", b"one")

    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"one"
    assert everything_in(tmp_path) == ["a", "a/b", "a/b/file"]


def test_a_file_that_is_there_is_replaced_and_open_readers_keep_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"one")

    with file.open("rb") as reader:
        write_atomically(file, b"two")

        assert reader.read() == b"one"
    assert file.read_bytes() == b"two"


def test_a_function_may_write_the_file(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"by a function")

    write_atomically(tmp_path / "file", write)

    assert (tmp_path / "file").read_bytes() == b"by a function"


def test_a_function_may_write_a_folder(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "parquet").mkdir(parents=True)
        (folder / "parquet" / "t.parquet").write_bytes(b"t")

    write_atomically(tmp_path / "releases" / "1", fill)

    assert everything_in(tmp_path / "releases") == ["1", "1/parquet", "1/parquet/t.parquet"]


def test_a_function_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("disk on fire")

    write_atomically(tmp_path / "file", b"one")
    with pytest.raises(RuntimeError, match="disk on fire"):
        write_atomically(tmp_path / "file", fail)

    assert (tmp_path / "file").read_bytes() == b"one"
    assert everything_in(tmp_path) == ["file"]


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    name = "ü" * 127
    write_atomically(tmp_path / name, b"long")

    assert everything_in(tmp_path) == [name]


def test_a_file_keeps_its_ending_while_it_is_written(tmp_path: Path) -> None:
    assert temporary_beside(tmp_path / "t.parquet").suffix == ".parquet"
    assert temporary_beside(tmp_path / "t") != temporary_beside(tmp_path / "t")


# fault points


def test_a_fault_point_does_nothing_when_no_fault_is_asked_for() -> None:
    for name in FAULT_POINTS:
        fault_point(name)


def test_fault_points_have_names_of_their_own() -> None:
    assert len(set(FAULT_POINTS)) == len(FAULT_POINTS)


def test_an_unknown_fault_point_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown fault point 'archive.before_sleep'"):
        fault_point("archive.before_sleep")


def test_a_misspelt_fault_is_refused_at_the_first_point_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KPI_FAULT", "archive.before_renaming:fail")

    with pytest.raises(ValueError, match=r"unknown fault point 'archive.before_renaming'"):
        fault_point("ledger.before_append")


def test_a_fault_without_number_comes_at_every_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_FAULT", "verdict.before_write:fail")

    fault_point("verdict.after_write")
    for _ in range(3):
        with pytest.raises(InjectedFault, match=r"verdict\.before_write"):
            fault_point("verdict.before_write")


def test_a_fault_with_a_number_comes_at_that_passage_only(monkeypatch: pytest.MonkeyPatch) -> None:
    fault_point("verdict.before_write")
    monkeypatch.setenv("KPI_FAULT", "verdict.before_write:fail:2")

    fault_point("verdict.before_write")
    with pytest.raises(InjectedFault):
        fault_point("verdict.before_write")
    fault_point("verdict.before_write")


def test_passages_are_counted_anew_for_another_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPI_FAULT", "verdict.before_write:fail:2")
    fault_point("verdict.before_write")
    monkeypatch.setenv("KPI_FAULT", "verdict.before_write:fail:1")

    with pytest.raises(InjectedFault):
        fault_point("verdict.before_write")


def test_a_failure_before_the_rename_leaves_the_old_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_atomically(tmp_path / "file", b"one", "landed.before_rename")
    monkeypatch.setenv("KPI_FAULT", "landed.before_rename:fail")

    with pytest.raises(InjectedFault):
        write_atomically(tmp_path / "file", b"two", "landed.before_rename")

    assert (tmp_path / "file").read_bytes() == b"one"
    assert everything_in(tmp_path) == ["file"]


# archive


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
def test_links_pipes_devices_and_folders_are_never_followed_or_read(
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


# pointer, lock, copies


def test_a_pointer_is_switched_and_stays_right_when_the_home_is_moved(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for number in ("1", "2"):
        write_atomically(home / "releases" / number / "figure", number.encode())

    switch_pointer(home / "current", home / "releases" / "1")
    switch_pointer(home / "current", home / "releases" / "2")
    home.rename(tmp_path / "moved")

    assert (tmp_path / "moved" / "current").readlink() == Path("releases/2")
    assert (tmp_path / "moved" / "current" / "figure").read_bytes() == b"2"


def test_a_pointer_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    switch_pointer(tmp_path / "current", tmp_path / "1")

    with pytest.raises(StorageError, match="does not exist"):
        switch_pointer(tmp_path / "current", tmp_path / "2")

    assert (tmp_path / "current").readlink() == Path("1")


def test_a_folder_is_never_replaced_by_a_pointer(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "current").mkdir()

    with pytest.raises(StorageError, match="is no link"):
        switch_pointer(tmp_path / "current", tmp_path / "1")


def test_readers_never_miss_while_a_pointer_is_switched(tmp_path: Path) -> None:
    for number in ("1", "2"):
        write_atomically(tmp_path / number / "figure", number.encode())
    switch_pointer(tmp_path / "current", tmp_path / "1")
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add((tmp_path / "current" / "figure").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(100):
        switch_pointer(tmp_path / "current", tmp_path / str(turn % 2 + 1))
    done.set()
    reader.join()

    assert seen == {b"1", b"2"}


def test_a_second_process_is_told_who_is_at_work(tmp_path: Path) -> None:
    waiting = "import sys; from pathlib import Path; from pipelines.storage import exclusive_lock\n"
    waiting += "with exclusive_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    lock = tmp_path / "home" / "writer.lock"
    with subprocess.Popen(
        [sys.executable, "-c", waiting, str(lock)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"

        with pytest.raises(HomeIsBusy) as refusal, exclusive_lock(lock):
            pass

        assert refusal.value.pid == holder.pid
        assert str(lock.parent) in str(refusal.value)
        assert f"process {holder.pid}, since 20" in str(refusal.value)
        holder.kill()
    with exclusive_lock(lock):
        pass


def test_a_lock_is_held_against_the_same_process_and_free_after_an_error(tmp_path: Path) -> None:
    with (
        exclusive_lock(tmp_path / "lock"),
        pytest.raises(HomeIsBusy),
        exclusive_lock(tmp_path / "lock"),
    ):
        pass
    with pytest.raises(RuntimeError), exclusive_lock(tmp_path / "lock"):
        raise RuntimeError

    with exclusive_lock(tmp_path / "lock"):
        pass


def test_a_busy_home_whose_holder_has_not_signed_yet_is_busy(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "lock"):
        (tmp_path / "lock").write_text("", encoding="utf-8")

        with pytest.raises(HomeIsBusy, match="another process"), exclusive_lock(tmp_path / "lock"):
            pass


def test_a_copy_is_writable_and_apart_from_its_source(tmp_path: Path) -> None:
    source = tmp_path / "accepted.duckdb"
    source.write_bytes(BYTES)
    make_read_only(source)

    cloned = clone_or_copy(source, tmp_path / "run" / "candidate.duckdb")

    copy = tmp_path / "run" / "candidate.duckdb"
    assert isinstance(cloned, bool)
    assert copy.read_bytes() == BYTES
    assert copy.stat().st_mode & stat.S_IWUSR
    with copy.open("ab") as file:
        file.write(b"more")
    assert source.read_bytes() == BYTES
    assert everything_in(tmp_path / "run") == ["candidate.duckdb"]


def test_a_copy_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        clone_or_copy(tmp_path / "none", tmp_path / "copy")

    assert everything_in(tmp_path) == []


def test_a_file_digest_is_its_sha256(export: Path) -> None:
    assert file_digest(export) == SHA256


def test_a_read_only_folder_is_so_throughout_and_can_still_be_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    write_atomically(tmp_path / "1" / "parquet" / "t.parquet", b"t")
    (tmp_path / "1" / "link").symlink_to(outside)

    make_read_only(tmp_path / "1")

    modes = {path.name: path.lstat().st_mode & 0o222 for path in (tmp_path / "1").rglob("*")}
    modes.pop("link")
    assert modes == {"parquet": 0, "t.parquet": 0}
    assert outside.stat().st_mode & stat.S_IWUSR
    remove(tmp_path / "1")
    assert everything_in(tmp_path) == ["outside"]


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(tmp_path: Path) -> None:
    mine = temporary_beside(tmp_path / "landed" / "t" / "mine.parquet")
    # This process's number, but started at another time: the number was given out again.
    namesake = mine.with_name(f".tmp-{os.getpid()}-1-0123abcd-namesake")
    dead = tmp_path / "releases" / ".tmp-4194999-77-0123abcd-7"
    in_inbox = tmp_path / "inbox" / "s" / ".tmp-4194999-77-0123abcd-export.csv"
    vendors = tmp_path / "runs" / ".tmp-of-somebody-else"
    for file in (mine, namesake, dead / "mart.duckdb", in_inbox, vendors):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"half")

    assert remove_leftovers(tmp_path) == [namesake, dead]

    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(kept) == sorted([mine, in_inbox, vendors])


def test_looking_for_leftovers_does_not_walk_through_the_archive(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / "archive" / "sha256" / f"{number:03}" / "00").mkdir(parents=True)
    half = tmp_path / "archive" / "tmp" / ".tmp-4194999-77-0123abcd-object.zst"
    half.parent.mkdir()
    half.write_bytes(b"half")

    start = time.perf_counter()
    removed = remove_leftovers(tmp_path)

    assert removed == [half]
    assert time.perf_counter() - start < 1
