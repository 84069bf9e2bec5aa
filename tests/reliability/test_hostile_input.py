"""Hostile exports, by number in the failure model: each is quarantined alone, with its reason.

Every export is read in a process of its own; the tests put work in its place that does what a
parser that was taken over, or has a fault, would do.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

import pytest
from landed_exports import MIDNIGHT, House, declared

from models.contract import Stream
from pipelines.archive import ArchiveDamaged, archive_file, archived_path
from pipelines.intake import Pipeline, land
from pipelines.land import FileQuarantined, Landing
from pipelines.land.confine import Confinement, Job
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.storage import StorageError

CSV = "Order,Date,Amount,Note\nA1,2026-02-01,12.50,x\n"

DEEDS = """
import ctypes, os, signal, socket, subprocess, sys, time
from pathlib import Path
from pipelines.land import FileQuarantined, confined, land_file, rows
from pipelines.storage import temporary_beside

def work(settings, streams, path, name, sha256, mtime_ns):
    deed = path.stem
    said = ""
    if deed == "segfault":
        ctypes.string_at(0)
    elif deed == "abort":
        os.abort()
    elif deed == "exit":
        os._exit(3)
    elif deed == "raise":
        raise RuntimeError("no reader foresees this")
    elif deed == "hang":
        time.sleep(600)
    elif deed == "fork and hang":
        os.fork()
        time.sleep(600)
    elif deed == "memory":
        eaten = []
        while True:
            eaten.append(bytearray(64 << 20))
    elif deed == "leave":
        temporary_beside(settings.home / "landing").mkdir()
        ctypes.string_at(0)
    elif deed == "silent":
        for descriptor in range(3, 50):
            try:
                os.close(descriptor)
            except OSError:
                pass
        time.sleep(600)
    elif deed == "fault":
        rows.SOUND = "false"
    elif deed == "disk":
        raise OSError(28, "No space left on device", "somewhere")
    elif deed == "print":
        print("a library says something")
        sys.stdout.flush()
    elif deed in TRIES:
        try:
            TRIES[deed]()
            said = "done"
        except PermissionError:
            said = "forbidden"
        return FileQuarantined(sha256, name, 0, "shop", "UNREADABLE", said, "-")
    return land_file(settings, streams, path, name, sha256, mtime_ns)

TRIES = {
    "socket": lambda: socket.socket(),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "pair": lambda: socket.socketpair(),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "run": lambda: subprocess.run(["/bin/true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "trace": lambda: trace(),
    "group": lambda: os.setsid(),
    "env": lambda: secret(),
}

def trace():
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(16, os.getppid(), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def secret():
    said = open("/proc/self/environ").read() + open(f"/proc/{os.getppid()}/environ").read()
    if "hunter2" not in said:
        raise PermissionError

confined.main(work)
"""


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, ...]:
    """A process for exports whose work is told by their names."""
    script = tmp_path / "deeds.py"
    script.write_text(DEEDS)
    return sys.executable, str(script)


@dataclasses.dataclass
class Den:
    """Where exports with such names are landed."""

    settings: Settings
    command: tuple[str, ...]
    streams: dict[str, Stream] = dataclasses.field(
        default_factory=lambda: {"shop__orders": declared()}
    )

    def job(self, deed: str) -> Job:
        """An archived export with this name."""
        path = self.settings.inbox / "shop" / f"{deed}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(CSV.replace("A1", deed))
        sha256 = archive_file(path, self.settings.archive).sha256
        return Job(path, f"shop/{deed}.csv", sha256, 1_772_000_000_000_000_000, path.stat().st_size)

    def all_of(self, *deeds: str) -> list[Landing | FileQuarantined]:
        """What becomes of exports that are landed at the same time."""
        with Confinement(self.settings, self.streams, self.command) as confinement:
            tickets = [confinement.submit(self.job(deed)) for deed in deeds]
            return [confinement.result(ticket) for ticket in tickets]


@pytest.fixture
def den(settings: Settings, command: tuple[str, ...]) -> Den:
    """A den with short patience and little memory."""
    few = dataclasses.replace(
        settings, landing_at_once=4, landing_seconds=60, memory_limit="200MB",
        landing_memory=1 << 30,
    )  # fmt: skip
    return Den(few, command)


@pytest.mark.parametrize(
    ("deed", "how"),
    [
        ("segfault", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("exit", "exit code 3"),
        ("raise", "RuntimeError"),
        ("leave", "SIGSEGV"),
        ("silent", "SIGKILL"),
    ],
)
def test_f126_a_parser_that_crashes_costs_its_file_alone(den: Den, deed: str, how: str) -> None:
    first, crashed, last = den.all_of("one", deed, "two")
    assert isinstance(first, Landing)
    assert isinstance(last, Landing)
    assert (first.rows_landed, last.rows_landed) == (1, 1)
    assert isinstance(crashed, FileQuarantined)
    assert (crashed.code, crashed.file) == ("PARSER_CRASH", f"shop/{deed}.csv")
    assert how in crashed.reason
    assert crashed.remedy
    assert not [*den.settings.home.rglob(".tmp-*")]


@pytest.mark.parametrize("deed", ["hang", "fork and hang"])
def test_f126_a_parser_that_never_ends_is_ended(den: Den, deed: str) -> None:
    den.settings = dataclasses.replace(den.settings, landing_seconds=2)
    hanging, sound = den.all_of(deed, "one")
    assert isinstance(sound, Landing)
    assert isinstance(hanging, FileQuarantined)
    assert hanging.code == "LIMIT"
    assert "2 seconds" in hanging.reason


def test_f109_a_parser_that_eats_memory_is_stopped_at_its_limit(den: Den) -> None:
    eating, sound = den.all_of("memory", "one")
    assert isinstance(sound, Landing)
    assert isinstance(eating, FileQuarantined)
    assert eating.code == "LIMIT"
    assert "memory" in eating.reason


def test_f126_rows_that_a_reader_would_lose_cost_their_file_alone(den: Den) -> None:
    first, lossy, last = den.all_of("one", "fault", "two")
    assert isinstance(first, Landing)
    assert isinstance(last, Landing)
    assert isinstance(lossy, FileQuarantined)
    assert (lossy.code, lossy.table) == ("NOT_CONSERVED", "shop__orders")
    assert "0 landed rows were written, but 1 were counted" in lossy.reason
    assert "kpi quarantine replay" in lossy.remedy


def test_f073_a_full_disk_is_no_fault_of_the_file(den: Den) -> None:
    with pytest.raises(OSError, match="No space left on device"):
        den.all_of("disk")


def test_f124_a_damaged_archive_is_no_fault_of_the_file(den: Den) -> None:
    job = den.job("one")
    kept = archived_path(job.sha256, den.settings.archive)
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    with Confinement(den.settings, den.streams, den.command) as confinement:
        ticket = confinement.submit(job)
        with pytest.raises(ArchiveDamaged):
            confinement.result(ticket)


def test_what_a_library_prints_is_no_answer(den: Den) -> None:
    (landing,) = den.all_of("print")
    assert isinstance(landing, Landing)


@pytest.mark.skipif(sys.platform != "linux", reason="system calls are filtered on Linux only")
@pytest.mark.parametrize(
    "deed", ["socket", "unix", "pair", "exec", "run", "kill", "trace", "group", "env"]
)
def test_f122_f118_a_parser_has_no_network_no_programs_and_no_secrets(
    den: Den, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRES_URL", "postgresql://kpi:hunter2@db/kpi")
    den.settings = dataclasses.replace(den.settings, postgres_url="postgresql://kpi:hunter2@db/kpi")
    (tried,) = den.all_of(deed)
    assert isinstance(tried, FileQuarantined)
    assert tried.reason == "forbidden"


def test_the_process_that_forks_may_die_and_says_so(den: Den, tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('a library is missing')")
    den.command = (sys.executable, str(script))
    with pytest.raises(StorageError, match="a library is missing"):
        den.all_of("one")


def test_nothing_of_it_outlives_the_block(den: Den) -> None:
    before = time.monotonic()
    with Confinement(den.settings, den.streams, den.command) as confinement:
        confinement.submit(den.job("hang"))
        confinement.result(confinement.submit(den.job("one")))
        assert confinement._process is not None
        pid = confinement._process.pid
    children = [
        each
        for each in Path("/proc").iterdir()
        if each.name.isdigit() and _parent(each) == str(pid)
    ]
    assert children == []
    assert time.monotonic() - before < 300


def _parent(process: Path) -> str:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""


def test_an_export_lands_alike_in_its_own_process_and_in_this_one(den: Den) -> None:
    house = House.of(den.settings)
    directly = house.land("shop/one.csv", CSV.replace("A1", "one"))
    rows = house.rows(directly)
    job = dataclasses.replace(den.job("one"), mtime_ns=int(MIDNIGHT.timestamp()) * 10**9)
    with Confinement(den.settings, den.streams) as confinement:
        confined = confinement.result(confinement.submit(job))
    assert isinstance(confined, Landing)
    assert confined == directly
    assert house.rows(confined) == rows


@pytest.mark.parametrize("at_once", [1, 4])
def test_exports_are_written_down_in_the_order_of_the_inbox_however_many_are_read_at_once(
    settings: Settings, at_once: int
) -> None:
    folder = settings.inbox / "shop"
    folder.mkdir()
    for number in range(12):
        # The first of each three is far longer than the others: it would end last.
        rows = "".join(f"A{n},2026-02-01,1,x\n" for n in range(5_000 if number % 3 == 0 else 2))
        (folder / f"{number:02}.csv").write_text(f"Order,Date,Amount,Note\n{rows}B{number},"
                                                 "2026-02-01,1,x\n")  # fmt: skip
    (folder / "12.csv").write_bytes((folder / "03.csv").read_bytes())
    (folder / "13.csv").write_text("no,contract,knows\nthis,header,1\n")
    for file in folder.iterdir():
        os.utime(file, (1_772_000_000, 1_772_000_000))
    ledger = Ledger(settings.ledger_url)
    settings = dataclasses.replace(settings, landing_at_once=at_once)
    landed = land(Pipeline(settings, {"shop__orders": declared()}, ledger))
    names = [f"shop/{number:02}.csv" for number in range(14)]
    assert [landing.file for landing in landed.landings] == names[:12]
    assert landed.duplicates == ("shop/12.csv",)
    assert [each.file for each in landed.quarantined] == ["shop/13.csv"]
    assert [event.subject for event in ledger.events("file_seen")] == names
    said = [event.payload["file"] for event in ledger.events("landed")]
    assert said == names[:12]
