"""Asks suites of the worker process and brings back its answers, or why there are none.

Belongs here: starting, asking, waiting for and ending the worker. Does not belong here: what an
answer means for a release (`pipelines/check/suite_checks.py`). A worker that died, is silent, or
answers what cannot be read never counts as an answer.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from expectations.suites import Suite

PROJECT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "expectations.worker")
PATIENCE_SECONDS = 300.0
"""The import takes 7 s and a suite over a million rows 1 s; five minutes is no machine's pace."""


class WorkerError(Exception):
    """The worker owes an answer and will not give it."""


@dataclass(frozen=True)
class Answer:
    """What was found for one expectation of a suite."""

    index: int
    success: bool
    exception: str | None
    observed: object
    looked_at: int | None
    """How many values were looked at; None where the question is not about values."""
    unexpected_count: int | None
    sample: tuple[str, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Answer:
        """Read an answer as the worker writes it."""
        return cls(
            index=int(document["index"]),
            success=document["success"] is True,
            exception=document.get("exception"),
            observed=document.get("observed"),
            looked_at=document.get("looked_at"),
            unexpected_count=document.get("unexpected_count"),
            sample=tuple(
                ", ".join(f"{name}={value}" for name, value in row.items())
                for row in document.get("sample", ())
            ),
        )


class ExpectationsWorker:
    """A running worker. Start it early: its import overlaps with landing and with dbt."""

    def __init__(
        self,
        project: Path = PROJECT,
        memory_limit: str = "1GB",
        command: Sequence[str] = COMMAND,
    ) -> None:
        environment = dict(os.environ)
        path = [str(PROJECT), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
        environment |= {"GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1", "DO_NOT_TRACK": "1"}
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `close`)
        self._process = subprocess.Popen(  # noqa: S603  (our own module)
            [*command, memory_limit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
            cwd=project,
        )
        self._answers: dict[str, dict[str, Any]] = {}
        self._garbled: str | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._asked = 0
        for work in (self._write, self._read):
            threading.Thread(target=work, daemon=True, name="expectations-worker").start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The worker's process."""
        return self._process.pid

    def submit(
        self, suite: Suite, table: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> str:
        """Ask a suite of a table; returns the name under which to collect the answers.

        `table` is `{"parquet": [paths]}` or `{"duckdb": path, "table": "schema.name"}`.
        """
        self._asked += 1
        name = f"{suite.name}#{self._asked}"
        request = {
            "id": name,
            "suite": suite.to_request(),
            "table": dict(table),
            "parameters": dict(parameters or {}),
        }
        self._requests.put(json.dumps(request).encode() + b"\n")
        return name

    def collect(self, name: str, timeout: float = PATIENCE_SECONDS) -> list[Answer]:
        """Wait for the answers to what was asked under `name`, in the suite's order.

        Raises:
            WorkerError: there is no answer, or none that can be read.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while name not in self._answers:
                if self._garbled is not None:
                    raise WorkerError(f"the worker answered what is no JSON: {self._garbled!r}")
                if self._ended:
                    raise WorkerError(f"the worker died: {self._last_words()}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise WorkerError(f"the worker gave no answer within {timeout:g} s")
                self._changed.wait(left)
            document = self._answers.pop(name)
        if "error" in document:
            raise WorkerError(str(document["error"]))
        try:
            return [Answer.from_document(result) for result in document["results"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WorkerError(f"an answer of unknown shape: {error!r}") from error

    def close(self) -> None:
        """End the worker; what it still owes will not come."""
        self._requests.put(None)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._said.close()

    def _write(self) -> None:
        pipe = self._process.stdin
        while pipe is not None and (request := self._requests.get()) is not None:
            try:
                pipe.write(request)
                pipe.flush()
            except (OSError, ValueError):
                return  # it died; whoever waits for an answer is told

    def _read(self) -> None:
        try:
            for line in self._process.stdout or ():
                self._take(line)
        except ValueError:
            pass  # closed by `close`
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        with self._changed:
            try:
                document = json.loads(line)
                if "ready" not in document:
                    self._answers[str(document["id"])] = document
            except (ValueError, KeyError, TypeError):
                self._garbled = line[:120].decode(errors="replace")
            self._changed.notify_all()

    def _last_words(self) -> str:
        try:
            self._said.seek(0, os.SEEK_END)
            self._said.seek(max(0, self._said.tell() - 2000))
            lines = self._said.read().decode(errors="replace").strip().splitlines()
        except (OSError, ValueError):
            lines = []
        code = self._process.poll()
        return f"exit code {code}; {lines[-1] if lines else 'it said nothing'}"
