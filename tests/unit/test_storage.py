from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

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


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


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


def test_f077_a_second_process_is_told_who_is_at_work(tmp_path: Path) -> None:
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


def test_a_file_digest_is_its_sha256(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(BYTES)

    assert file_digest(file) == hashlib.sha256(BYTES).hexdigest()


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
