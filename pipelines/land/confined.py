"""The process from which each export's own process is forked: `python -m pipelines.land.confined`.

It loads what reading needs, once, and holds no thread, connection, secret or file; so a fork of it
is clean and costs milliseconds. One JSON document a line: jobs in, results out. What a result means
for the run is the business of whoever asked (`confine.py`).
"""

from __future__ import annotations

import errno
import gc
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from models.contract import Stream
from pipelines.land import FileQuarantined, Landing, land_file
from pipelines.land.guard import Bounds, confine, die_with_parent
from pipelines.settings import Settings
from pipelines.storage import StorageError

Work = Callable[..., Landing | FileQuarantined]
Document = dict[str, Any]


class NotClean(Exception):
    """The process holds threads, and must not be forked."""


def load() -> None:
    """Load what reading any format needs, without leaving anything behind that a fork would share.

    Raises:
        NotClean: a library has started a thread.
    """
    import duckdb
    import pyarrow.parquet  # noqa: F401

    from pipelines.land import drift, exported, quarantine, recognise, rows, sql  # noqa: F401
    from pipelines.land.readers import json as json_reader  # noqa: F401
    from pipelines.land.readers import parquet, unpack, xlsx  # noqa: F401

    # What is never looked at again by the collector stays shared with every fork.
    gc.collect()
    gc.freeze()
    gc.disable()
    # Its import opens a database in memory, with a thread.
    duckdb.default_connection().close()
    with suppress(FileNotFoundError):
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208  (names are all we want)
        if threads > 1:
            raise NotClean(f"{threads} threads run after loading")


def settings_of(document: Mapping[str, Any]) -> Settings:
    """The settings, as `confine.py` writes them."""
    values = dict(document)
    for name in ("project", "home", "inbox"):
        values[name] = Path(values[name])
    return Settings(**{**values, "as_of": date.fromisoformat(values["as_of"])})


@dataclass
class _Child:
    job: str
    pid: int
    deadline: float
    said: bytearray = field(default_factory=bytearray)
    out_of_time: bool = False


class Server:
    """Forks a process for each job, watches over its time, and passes on what it says."""

    def __init__(self, jobs: int, answers: int, begin: Mapping[str, Any], work: Work) -> None:
        self._jobs, self._answers, self._work = jobs, answers, work
        self._settings = settings_of(begin["settings"])
        streams = [Stream.model_validate(each) for each in begin["streams"]]
        self._streams = {stream.table: stream for stream in streams}
        self._selector = selectors.DefaultSelector()
        self._selector.register(jobs, selectors.EVENT_READ)
        self._children: dict[int, _Child] = {}

    def serve(self, rest: bytes) -> None:
        """Work until no more jobs can come; then end what is still running."""
        while True:
            *lines, rest = rest.split(b"\n")
            for line in lines:
                self._start(json.loads(line))
            deadlines = [each.deadline for each in self._children.values() if not each.out_of_time]
            wait = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
            for key, _ in self._selector.select(wait):
                if key.fd != self._jobs:
                    self._hear(key.fd)
                elif chunk := os.read(self._jobs, 1 << 16):
                    rest += chunk
                else:
                    for child in self._children.values():
                        _end(child)
                    return
            now = time.monotonic()
            for child in self._children.values():
                if child.deadline <= now and not child.out_of_time:
                    child.out_of_time = True
                    _end(child)

    def _start(self, job: Document) -> None:
        bounds = Bounds(**job["bounds"])
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.setpgid(0, 0)
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                for descriptor in (reading, self._jobs, self._answers, *self._children):
                    os.close(descriptor)
                self._selector.close()
                _in_child(job, bounds, self._settings, self._streams, self._work, writing)
            finally:
                os._exit(1)
        os.close(writing)
        self._children[reading] = _Child(job["id"], pid, time.monotonic() + bounds.seconds)
        self._selector.register(reading, selectors.EVENT_READ)

    def _hear(self, descriptor: int) -> None:
        child = self._children[descriptor]
        if chunk := os.read(descriptor, 1 << 16):
            child.said += chunk
            return
        self._selector.unregister(descriptor)
        os.close(descriptor)
        del self._children[descriptor]
        # It has ended, or has nothing more to say; what it may have started ends with it.
        _end(child)
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        answer: Document = {"id": child.job, "pid": child.pid}
        if child.out_of_time:
            answer["limit"] = "time"
        elif code in (-signal.SIGXCPU, -signal.SIGXFSZ):
            answer["limit"] = "time" if code == -signal.SIGXCPU else "disk"
        elif code < 0:
            answer["signal"] = signal.Signals(-code).name
        else:
            answer |= _document(child.said, code)
        _write(self._answers, json.dumps(answer).encode() + b"\n")


def _document(said: bytearray, code: int) -> Document:
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    return {"crash": f"its process ended with exit code {code} and no result"}


def _end(child: _Child) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    # Between its fork and its own group.
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)


def _in_child(
    job: Document,
    bounds: Bounds,
    settings: Settings,
    streams: Mapping[str, Stream],
    work: Work,
    to: int,
) -> None:
    gc.enable()
    die_with_parent()
    confine(bounds)
    try:
        answer = _landed(job, settings, streams, work)
    except MemoryError:
        answer = {"limit": "memory"}
    _write(to, json.dumps(answer).encode())
    os._exit(0)


def _landed(
    job: Document, settings: Settings, streams: Mapping[str, Stream], work: Work
) -> Document:
    import duckdb
    import pyarrow as pa

    from pipelines.archive import ArchiveDamaged

    settings = replace(settings, memory_limit=job["memory_limit"])
    name = job["name"]
    try:
        result = work(settings, streams, Path(job["path"]), name, job["sha256"], job["mtime_ns"])
    except ArchiveDamaged as error:
        return {"archive_damaged": [str(error.path), error.sha256, error.problem]}
    except StorageError as error:
        return {"storage_error": str(error)}
    except (MemoryError, duckdb.OutOfMemoryException, pa.ArrowMemoryError):
        return {"limit": "memory"}
    except OSError as error:
        if error.errno == errno.ENOMEM:
            return {"limit": "memory"}
        if error.errno == errno.EFBIG:
            return {"limit": "disk"}
        return {"os_error": [error.errno or 0, str(error.strerror or error), error.filename]}
    except duckdb.IOException as error:
        return {"storage_error": str(error)}
    except Exception as error:
        if "bad_alloc" in str(error) or "allocate" in str(error):
            return {"limit": "memory"}
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name} line {frame.lineno}"
        return {"crash": f"{type(error).__name__} in {place}: {str(error)[:200]}"}
    kind = "landed" if isinstance(result, Landing) else "quarantined"
    return {kind: result.to_payload()}


def _write(to: int, content: bytes) -> None:
    while content:
        content = content[os.write(to, content) :]


def main(work: Work = land_file) -> None:
    """Serve jobs from standard input until it ends."""
    # Ended by whoever started it; a Ctrl-C is theirs to hear.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.dup(1)
    # What a library may print is no answer.
    os.dup2(2, 1)
    load()
    begin = b""
    while b"\n" not in begin:
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        begin += chunk
    first, rest = begin.split(b"\n", 1)
    Server(0, answers, json.loads(first), work).serve(rest)


if __name__ == "__main__":
    main()
    sys.exit()
