"""Each export is read in a process of its own, within limits, which may die alone.

A file that crashes a parser, or makes it run without end, is quarantined like any other bad file;
the others land. Small exports are read several at a time, large ones one by one with all the memory
there is. Results come back as plain JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from models.contract import Stream
from pipelines.archive import ArchiveDamaged
from pipelines.land import land_file
from pipelines.land.errors import FileCode
from pipelines.land.guard import Bounds
from pipelines.land.landing import FileQuarantined, Landing
from pipelines.settings import REPOSITORY, Settings, bytes_of, fault_from_environment
from pipelines.storage import StorageError, remove_leftovers

COMMAND = (sys.executable, "-m", "pipelines.land.confined")
SMALL = 16 << 20
"""Exports up to this size, as they came, are read several at a time."""
PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "LC_ALL", "TZ", "TMPDIR")
QUIET = {
    # Libraries that start threads when they are loaded would make forking unsafe.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
WIDER = "Look into it: no report is like that. If it is a true export, raise {} and `touch` it."


@dataclass(frozen=True)
class Job:
    """One archived export to land, as `land_file` takes it."""

    path: Path
    name: str
    sha256: str
    mtime_ns: int
    size: int


class Confinement:
    """A place to land exports in. Started when the first one comes; ended with the block."""

    def __init__(
        self,
        settings: Settings,
        streams: Mapping[str, Stream],
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._settings, self._streams, self._command = settings, streams, command
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._jobs: dict[str, Job] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._asked = 0
        # Passages of a test's fault points are counted, and end, in one process.
        self._is_direct = fault_from_environment() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            # Without jobs to come it ends its children and itself.
            self._process.wait()
        if self._said is not None:
            self._said.close()

    def at_once(self, job: Job) -> int:
        """How many exports may be read at the same time as this one, itself included."""
        return self._settings.landing_at_once if job.size <= SMALL and not self._is_direct else 1

    def submit(self, job: Job) -> str:
        """Begin to land an export; returns the name under which to ask for the result."""
        return self._ask(job, self.at_once(job))

    def result(self, ticket: str) -> Landing | FileQuarantined:
        """What became of an export; waits for it.

        Raises:
            ArchiveDamaged, StorageError, OSError: as `land_file`.
        """
        job = self._jobs.pop(ticket)
        if self._is_direct:
            return land_file(
                self._settings, self._streams, job.path, job.name, job.sha256, job.mtime_ns
            )
        answer = self._wait(ticket)
        if answer.get("limit") == "memory" and self.at_once(job) > 1:
            # It had only a part of the memory: once more with all of it.
            self._tidy_up()
            answer = self._wait(self._ask(job, 1))
        return self._understood(job, answer)

    def _ask(self, job: Job, shared_by: int) -> str:
        self._asked += 1
        ticket = str(self._asked)
        self._jobs[ticket] = job
        if self._is_direct:
            return ticket
        database = bytes_of(self._settings.memory_limit)
        bounds = Bounds(
            memory_bytes=self._settings.landing_memory,
            seconds=self._settings.landing_seconds,
            cpu_seconds=self._settings.landing_seconds * (os.cpu_count() or 1),
        )
        self._send(
            {
                "id": ticket,
                **asdict(job),
                "path": str(job.path),
                "memory_limit": f"{max(1, database // shared_by // 1000)}KB",
                "bounds": asdict(bounds),
            }
        )
        return ticket

    def _wait(self, ticket: str) -> dict[str, Any]:
        while ticket not in self._answers:
            process = self._started()
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise self._ended()
            answer = json.loads(line)
            self._answers[answer["id"]] = answer
        return self._answers.pop(ticket)

    def _send(self, document: Mapping[str, Any]) -> None:
        process = self._started()
        try:
            if process.stdin:
                process.stdin.write(json.dumps(document).encode() + b"\n")
                process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | QUIET
        path = [str(REPOSITORY), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `__exit__`)
        self._process = subprocess.Popen(  # noqa: S603  (our own module)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
        )
        streams = [stream.model_dump(mode="json") for stream in self._streams.values()]
        self._send({"settings": settings_document(self._settings), "streams": streams})
        return self._process

    def _ended(self) -> StorageError:
        said = ""
        if self._said is not None:
            self._said.seek(0)
            said = self._said.read()[-2000:].decode(errors="replace").strip()
        return StorageError(
            "The process in which exports are read has ended. Nothing half-read has landed; run"
            f" again. It said: {said or 'nothing'}"
        )

    def _tidy_up(self) -> None:
        """Remove what processes that were ended have left half-written."""
        remove_leftovers(self._settings.home)

    def _understood(self, job: Job, answer: dict[str, Any]) -> Landing | FileQuarantined:
        if "landed" in answer:
            return Landing.from_payload(answer["landed"])
        if "quarantined" in answer:
            return FileQuarantined.from_payload(answer["quarantined"])
        if "archive_damaged" in answer:
            path, sha256, problem = answer["archive_damaged"]
            raise ArchiveDamaged(Path(path), sha256, problem)
        if "storage_error" in answer:
            raise StorageError(answer["storage_error"])
        if "os_error" in answer:
            raise OSError(*answer["os_error"])
        self._tidy_up()
        if answer.get("limit") == "time":
            seconds = f"{self._settings.landing_seconds:,} seconds"
            reason = f"reading it took longer than {seconds} (KPI_LANDING_SECONDS) and was ended"
            return _quarantined(job, "LIMIT", reason, WIDER.format("KPI_LANDING_SECONDS"))
        if answer.get("limit") == "memory":
            reason = (
                "reading it took more memory than KPI_LANDING_MEMORY and KPI_MEMORY_LIMIT allow"
            )
            return _quarantined(job, "LIMIT", reason, WIDER.format("both"))
        if answer.get("limit") == "disk":
            reason = "reading it writes more than any one file may hold"
            return _quarantined(job, "LIMIT", reason, "Export it in parts, by month for instance.")
        how = answer.get("crash") or f"its process was ended by {answer.get('signal')}"
        return _quarantined(
            job,
            "PARSER_CRASH",
            f"reading it failed in a way that no reader foresees ({how}); no other file is touched",
            "Open it and save it again, or export it as CSV. If that does not help, please report"
            " it: it is a fault of the program too.",
        )


def _quarantined(job: Job, code: FileCode, reason: str, remedy: str) -> FileQuarantined:
    source = PurePosixPath(job.name).parts[0] if "/" in job.name else ""
    return FileQuarantined(job.sha256, job.name, job.size, source, code, reason, remedy)


def settings_document(settings: Settings) -> dict[str, Any]:
    """The settings as JSON, without what an export's reading need not know."""
    kept = {each.name: getattr(settings, each.name) for each in fields(settings)}
    kept |= {"postgres_url": None, "alerts": None, "fault": None}
    return {
        name: value if value is None or isinstance(value, int | float | str) else str(value)
        for name, value in kept.items()
    }
