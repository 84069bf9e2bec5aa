"""An intake made over and over in processes of their own, with a fault of the system in each.

A server has everything imported and forks for each intake, so that one takes a third of a second.
Faults are injected by `strace`, by a disk (tmpfs) that is too small, and by limits of the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop_contract import TOLERANT

CALLS = {
    "write": "write,pwrite64,writev",
    "sync": "fsync,fdatasync",
    "rename": "rename,?renameat,?renameat2",
    "unlink": "unlink,unlinkat",
    "mkdir": "mkdir,mkdirat",
    "open": "openat",
}
CLONE_NEWNS = 0x20000
Job = Mapping[str, Any]


@dataclass(frozen=True)
class Came:
    """What came of an intake with a fault, and of the next one without."""

    codes: list[int]
    """How each process ended: 0 well, 1 with an error, negative by a signal."""
    errors: list[str]
    injected: int
    """How often the system refused a call."""
    damages: list[str]
    """What the home held that was not as it was written, after the fault."""
    after: dict[str, Any]
    """What the home holds after the next intake."""


class FaultyIntake:
    """A folder of homes, and the server that takes in their exports."""

    def __init__(self, root: Path) -> None:
        self.root, self._homes = root, 0
        contract = root / "project" / "models" / "contracts" / "finance" / "shop.yml"
        contract.parent.mkdir(parents=True)
        contract.write_text(TOLERANT)
        self._server = subprocess.Popen(
            [sys.executable, __file__, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # One process does everything, as for the fault points.
            env={**os.environ, "KPI_FAULT": "landed.before_rename:fail:1000000"},
        )

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait()

    def new_home(self, exports: Mapping[str, str]) -> Path:
        """A home with these exports in its inbox."""
        self._homes += 1
        home = self.root / str(self._homes)
        for number, (name, content) in enumerate(exports.items()):
            file = home / "inbox" / "shop" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            os.utime(file, (1_770_000_000 + number, 1_770_000_000 + number))
        return home

    def take_in(self, exports: Mapping[str, str], **fault: Any) -> Came:
        """Take exports into a new home with a fault, and then without."""
        home = self.new_home(exports)
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps({"home": str(home), **fault}) + "\n")
        self._server.stdin.flush()
        came = Came(**json.loads(self._server.stdout.readline()))
        shutil.rmtree(home)
        return came


def may_mount() -> bool:
    """Whether a disk of a given size can be made here."""
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and tried.returncode == 0


def _intake(home: Path) -> None:
    from pipelines import flow

    pipeline = flow.open_pipeline(_settings(home))
    with flow.alone(pipeline):
        flow.land(pipeline)


def _settings(home: Path) -> Any:
    from pipelines.settings import Settings

    return Settings.from_environment(
        home=home, project=home.parent / "project", as_of="2026-07-01", settle_seconds=0
    )


def _damages(home: Path) -> list[str]:
    from pipelines.prove.kept import look_at_archive, look_at_landed, look_at_ledger

    looks = (look_at_ledger, look_at_archive, look_at_landed)
    return [str(damage) for look in looks for damage in look(_settings(home)).damages]


def _state(home: Path) -> dict[str, Any]:
    """All that an intake leaves behind, but for moments and the order of writing down."""
    from pipelines.ledger import Ledger

    ledger = Ledger(_settings(home).ledger_url)
    landed = {
        event.payload["file"]: [event.payload["parquet_sha256"], event.payload["quarantine_sha256"]]
        for event in ledger.events("landed")
    }
    folders = ("archive/sha256", "landed", "quarantine")
    kept = (path for folder in folders for path in (home / folder).rglob("*") if path.is_file())
    codes = {event.payload["code"] for event in ledger.events("file_quarantined")}
    return {
        "landed": landed,
        # What could not be read for once is told, and taken the next time.
        "refused": sorted(codes - {"UNREADABLE"}),
        "files": sorted(str(path.relative_to(home)) for path in kept),
        "rubbish": sorted(path.name for path in home.rglob(".tmp-*")),
        "damages": _damages(home),
    }


def _tried(do: Callable[[], None]) -> tuple[int, str]:
    try:
        do()
    except BaseException:
        return 1, traceback.format_exc()
    return 0, ""


def _forked(do: Callable[[], Any], ready: int | None = None) -> tuple[int, int]:
    """Do something in a process of its own; returns that, and where to read its answer."""
    answer, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, answer
    if ready is not None:
        os.read(ready, 1)
    said = json.dumps(do())
    with os.fdopen(write, "w") as to:
        to.write(said)
    os._exit(0)


def _answer(child: int, answer: int) -> Any:
    """What a process said; how it died, where it said nothing."""
    with os.fdopen(answer) as said:
        text = said.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return json.loads(text) if text else [code, f"ended by {code}"]


def _injected(home: Path, job: Job) -> dict[str, Any]:
    """An intake of which the system refuses one call."""
    trace = home.parent / "trace"
    ready, go = os.pipe()
    child, answer = _forked(lambda: _tried(lambda: _intake(home)), ready)
    what = f"inject={job['calls']}:error={job['error']}:when={job['when']}"
    strace = ("strace", "-f", "-p", str(child), "-o", str(trace), "-e", f"trace={job['calls']}")
    with subprocess.Popen([*strace, "-e", what], stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr
        tracer.stderr.readline()  # Attached.
        os.write(go, b"x")
        code, error = _answer(child, answer)
    os.close(ready)
    os.close(go)
    return {
        "codes": [code],
        "errors": [error],
        "injected": trace.read_text().count("(INJECTED)"),
    }


def _limited(home: Path, job: Job) -> dict[str, Any]:
    """An intake with less memory, or with files of less size, than it may need."""
    kind = {"memory": resource.RLIMIT_AS, "file": resource.RLIMIT_FSIZE}[job["limit"]]

    def intake() -> tuple[int, str]:
        most = int(job["bytes"])
        if job["limit"] == "memory":
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            most += pages * resource.getpagesize()
        before = resource.getrlimit(kind)
        resource.setrlimit(kind, (most, before[1]))
        found = _tried(lambda: _intake(home))
        resource.setrlimit(kind, before)
        return found

    code, error = _answer(*_forked(intake))
    return {"codes": [code], "errors": [error], "injected": int(code != 0)}


def _at_once(home: Path, job: Job) -> dict[str, Any]:
    """Several intakes of one home, begun at the same moment."""
    ready, go = os.pipe()
    children = [
        _forked(lambda: _tried(lambda: _intake(home)), ready) for _ in range(job["at_once"])
    ]
    os.write(go, b"x" * job["at_once"])
    answers = [_answer(*child) for child in children]
    os.close(ready)
    os.close(go)
    return {
        "codes": [code for code, _ in answers],
        "errors": [error for _, error in answers if error],
        "injected": 0,
    }


def _with_fault(home: Path, job: Job) -> dict[str, Any]:
    kinds = {"calls": _injected, "limit": _limited, "at_once": _at_once}
    came = next(do(home, job) for name, do in kinds.items() if name in job)
    damages = _answer(*_forked(lambda: _damages(home)))
    after = _answer(*_forked(lambda: (_intake(home), _state(home))[1]))
    return {**came, "damages": damages, "after": after}


def _on_a_small_disk(home: Path, job: Job) -> dict[str, Any]:
    """An intake on a disk of a size, which is made large afterwards; nobody else sees the disk."""

    def intakes() -> dict[str, Any]:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), "unshare")
        exports = {path: path.read_bytes() for path in (home / "inbox").rglob("*.csv")}
        moments = {path: path.stat().st_mtime for path in exports}
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        size = f"size={job['disk']}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "kpi", str(home)], check=True)
        inbox = home / "inbox" / "shop"
        # The inbox is on another disk: what is full is that of the home.
        (home / "inbox").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "kpi", str(home / "inbox")], check=True)
        inbox.mkdir()
        for path, content in exports.items():
            path.write_bytes(content)
            os.utime(path, (moments[path], moments[path]))
        code, error = _tried(lambda: _intake(home))
        damages = _damages(home)
        subprocess.run(["mount", "-o", "remount,size=64m", str(home)], check=True)
        _intake(home)
        after = _state(home)
        return {
            "codes": [code],
            "errors": [error],
            "injected": int(code != 0),
            "damages": damages,
            "after": after,
        }

    found: dict[str, Any] = _answer(*_forked(intakes))
    return found


def _serve() -> None:
    """Take orders until there are none."""
    import duckdb
    import sqlalchemy.dialects.sqlite
    import zstandard

    from pipelines import flow
    from pipelines.land import confine, exported, quarantine, rows, totals, weigh
    from pipelines.land.readers import csv, text, unpack
    from pipelines.publish import recover

    # What an intake imports, it finds: a refused call should meet its work and not its start.
    assert all((duckdb, sqlalchemy, zstandard, flow, confine, exported, quarantine, rows, totals))
    assert all((weigh, csv, text, unpack, recover))
    for line in sys.stdin:
        job = json.loads(line)
        do = _on_a_small_disk if "disk" in job else _with_fault
        sys.stdout.write(json.dumps(do(Path(job["home"]), job)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
