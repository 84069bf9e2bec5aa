"""A process killed, or refused by the disk, at every step of keeping an export and a pointer."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.archive import archive_file, archived_path, open_archived
from pipelines.ledger import Ledger
from pipelines.settings import REPOSITORY
from pipelines.storage import exclusive_lock, remove_leftovers, switch_pointer, write_atomically

BYTES = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(BYTES).hexdigest()
ARCHIVE_POINTS = ("archive.before_fsync", "archive.before_rename", "archive.after_rename")
LEDGER_POINTS = ("ledger.before_append", "ledger.before_commit", "ledger.after_append")
RENAME, SYNC = "?rename,?renameat,?renameat2", "?fsync,?fdatasync"
WITH_STRACE = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

ARCHIVE = """
from pipelines.archive import archive_file
archive_file(home / "export.csv", home / "archive")
"""
APPEND = """
from pipelines.ledger import Ledger
Ledger(f"sqlite:///{home}/ledger.db").append_many(
    [("file_seen", "a.csv", {"size": 1}), ("landed", "ads", {"rows": 2})]
)
"""
REPLACE = """
from pipelines.storage import write_atomically
write_atomically(home / "manifest.json", b"new" * 100_000, "manifest.before_rename")
"""
SWITCH = """
from pipelines.storage import switch_pointer
switch_pointer(home / "current", home / "releases" / "2")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_bytes(BYTES)
    return tmp_path


def run(
    home: Path, code: str, fault: str = "", wrap: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own, with a fault."""
    start = f"import sys\nfrom pathlib import Path\nhome = Path(sys.argv[1])\n{code}"
    return subprocess.run(
        [*wrap, sys.executable, "-c", start, str(home)],
        cwd=REPOSITORY,
        env={**os.environ, "KPI_FAULT": fault, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def injecting(calls: str, what: str) -> tuple[str, ...]:
    """The prefix under which the system refuses calls, or kills who makes them."""
    return ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={calls}:{what}")


def the_archive_holds_the_export(home: Path) -> bool:
    if not archived_path(SHA256, home / "archive").exists():
        return False
    with open_archived(SHA256, home / "archive") as file:
        assert file.read() == BYTES
    return True


def archived_objects(home: Path) -> list[Path]:
    return [path for path in (home / "archive" / "sha256").rglob("*") if path.is_file()]


def a_rerun_converges(home: Path) -> None:
    remove_leftovers(home)
    assert not list((home / "archive" / "tmp").glob("*"))
    assert run(home, ARCHIVE).returncode == 0
    assert the_archive_holds_the_export(home)
    assert archived_objects(home) == [archived_path(SHA256, home / "archive")]
    assert (home / "export.csv").read_bytes() == BYTES


@pytest.mark.parametrize("point", ARCHIVE_POINTS)
def test_f069_a_kill_while_archiving_leaves_the_whole_object_or_none(
    home: Path, point: str
) -> None:
    killed = run(home, ARCHIVE, f"{point}:kill")

    assert killed.returncode == -signal.SIGKILL
    assert the_archive_holds_the_export(home) is (point == "archive.after_rename")
    a_rerun_converges(home)


@pytest.mark.parametrize("point", ARCHIVE_POINTS)
def test_a_failure_while_archiving_cleans_up_after_itself(home: Path, point: str) -> None:
    failed = run(home, ARCHIVE, f"{point}:fail")

    assert failed.returncode == 1
    assert point in failed.stderr
    assert not list((home / "archive" / "tmp").glob("*"))
    a_rerun_converges(home)


def test_f073_a_full_disk_while_archiving_leaves_nothing_behind(home: Path) -> None:
    (home / "export.csv").write_bytes(os.urandom(1_000_000))
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"

    failed = run(home, limited + ARCHIVE)

    assert failed.returncode == 1
    assert "OSError" in failed.stderr
    assert list((home / "archive").rglob("*")) == [home / "archive" / "tmp"]


@WITH_STRACE
@pytest.mark.parametrize("number", range(1, 9))
def test_f074_a_disk_that_cannot_sync_is_an_error_and_never_half_an_object(
    home: Path, number: int
) -> None:
    failed = run(home, ARCHIVE, wrap=injecting(SYNC, f"error=EIO:when={number}"))

    # archive, archive/tmp, the object, sha256, sha256/ab, sha256/ab/cd, and the rename: seven.
    assert failed.returncode == (1 if number <= 7 else 0)
    assert ("Input/output error" in failed.stderr) is (number <= 7)
    the_archive_holds_the_export(home)
    a_rerun_converges(home)


@WITH_STRACE
@pytest.mark.parametrize("code", [ARCHIVE, REPLACE, SWITCH], ids=["archive", "replace", "switch"])
@pytest.mark.parametrize("what", ["error=EIO:when=1", "error=EIO:signal=KILL:when=1"])
def test_f074_a_rename_that_does_not_happen_changes_nothing(
    home: Path, code: str, what: str
) -> None:
    releases(home)
    write_atomically(home / "manifest.json", b"old")

    failed = run(home, code, wrap=injecting(RENAME, what))

    assert failed.returncode != 0
    assert not archived_objects(home)
    assert (home / "manifest.json").read_bytes() == b"old"
    assert (home / "current" / "number").read_bytes() == b"1"
    remove_leftovers(home)
    assert not list(home.rglob(".tmp-*"))


def test_a_kill_before_the_rename_leaves_the_old_file_and_rubbish_that_is_found(
    home: Path,
) -> None:
    write_atomically(home / "manifest.json", b"old")

    killed = run(home, REPLACE, "manifest.before_rename:kill")

    assert killed.returncode == -signal.SIGKILL
    assert (home / "manifest.json").read_bytes() == b"old"
    (rubbish,) = home.glob(".tmp-*")
    assert remove_leftovers(home) == [rubbish]
    assert not rubbish.exists()


def releases(home: Path) -> None:
    for number in ("1", "2"):
        write_atomically(home / "releases" / number / "number", number.encode())
    switch_pointer(home / "current", home / "releases" / "1")


@pytest.mark.parametrize(
    ("point", "served"), [("release.before_switch", b"1"), ("release.after_switch", b"2")]
)
def test_a_kill_at_the_switch_serves_the_old_release_or_the_new_one(
    home: Path, point: str, served: bytes
) -> None:
    releases(home)

    killed = run(home, SWITCH, f"{point}:kill")

    assert killed.returncode == -signal.SIGKILL
    assert (home / "current" / "number").read_bytes() == served
    remove_leftovers(home)
    assert run(home, SWITCH).returncode == 0
    assert (home / "current" / "number").read_bytes() == b"2"
    assert not list(home.glob(".tmp-*"))


@pytest.mark.parametrize("first", [True, False], ids=["first events", "later events"])
@pytest.mark.parametrize("point", LEDGER_POINTS)
def test_f069_a_kill_while_appending_leaves_all_events_or_none(
    home: Path, point: str, first: bool
) -> None:
    ledger = Ledger(f"sqlite:///{home}/ledger.db")
    if not first:
        ledger.append("run_started", "r", {})
    before = len(ledger.events())

    killed = run(home, APPEND, f"{point}:kill")

    assert killed.returncode == -signal.SIGKILL
    written = 2 if point == "ledger.after_append" else 0
    assert len(ledger.events()) == before + written
    assert ledger.verify() == []
    assert run(home, APPEND).returncode == 0
    assert len(ledger.events()) == before + written + 2
    assert ledger.verify() == []


@WITH_STRACE
@pytest.mark.parametrize("what", ["error=EIO", "signal=KILL"])
@pytest.mark.parametrize("number", range(1, 6))
def test_f074_a_disk_that_fails_while_appending_leaves_all_events_or_none(
    home: Path, number: int, what: str
) -> None:
    ledger = Ledger(f"sqlite:///{home}/ledger.db")
    ledger.append("run_started", "r", {})

    failed = run(home, APPEND, wrap=injecting(SYNC, f"{what}:when={number}"))

    # SQLite syncs its journal, the folder, the journal, the ledger, the folder; it takes no
    # notice when the folder cannot be synced the first time.
    assert (failed.returncode == 0) is ((what, number) == ("error=EIO", 2))
    written = 2 if failed.returncode == 0 or number == 5 else 0
    assert len(ledger.events()) == 1 + written
    assert ledger.append("run_started", "again", {}).seq == 2 + written
    assert ledger.verify() == []


def test_f078_a_lock_goes_with_the_process_that_held_it(home: Path) -> None:
    code = """
import os
from pipelines.storage import exclusive_lock
with exclusive_lock(home / "writer.lock"):
    os.kill(os.getpid(), 9)
"""
    assert run(home, code).returncode == -signal.SIGKILL

    with exclusive_lock(home / "writer.lock"):
        pass


def test_f072_what_is_renamed_has_been_synced_before_and_its_folder_is_synced_after(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def note_sync(file: int) -> None:
        steps.append(("sync", str(Path(f"/proc/self/fd/{file}").readlink())))
        fsync(file)

    def note_replace(source: Path, target: Path) -> None:
        steps.append(("rename", f"{source} {target}"))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    archive_file(home / "export.csv", home / "archive")
    write_atomically(home / "landed" / "t.parquet", b"t")

    renames = [number for number, (what, _) in enumerate(steps) if what == "rename"]
    assert len(renames) == 2
    for number in renames:
        source, target = steps[number][1].split()
        assert ("sync", source) in steps[:number]
        assert steps[number + 1] == ("sync", str(Path(target).parent))
    # Every folder on the way was made durable, by a sync of the one it was made in.
    for folder in (home, home / "archive", archived_path(SHA256, home / "archive").parents[1]):
        assert ("sync", str(folder)) in steps
