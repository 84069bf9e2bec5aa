"""Work that many tests need and that is done once: by the first worker that comes to it.

Belongs here: the project as dbt parses it, one process of Great Expectations, folders that are made
once. What a test judges is never shared in a form that the test could change.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from expectations.validate import ExpectationsWorker
from models.contract import Stream
from pipelines import flow, transform
from pipelines.settings import Settings

DONE = "done"


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this session have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one worker makes while the others wait for it; to be read only."""
    folder = shared_folder(factory) / name
    with _locked(folder.with_name(f"{name}.lock")):
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / DONE).touch()
    return folder


@contextmanager
def parsed_once(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let every home find the project parsed that another home of this session has parsed.

    The folder's name is a digest of all that was parsed, so that nothing else is ever found there.
    """
    original, shared = transform._folder_of_parse, shared_folder(factory) / "parsed"
    shared.mkdir(exist_ok=True)

    def seeded(settings: Settings, streams: Mapping[str, Stream]) -> Path:
        folder = original(settings, streams)
        kept = shared / folder.name
        with _locked(shared / f"{folder.name}.lock"):
            if folder.exists() and not kept.exists():
                _copy(folder, kept)
            elif kept.exists() and not folder.exists():
                _copy(kept, folder)
            for answers in folder.glob("unit_tests_*.json"):
                if not (kept / answers.name).exists():
                    shutil.copy2(answers, kept)
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transform, "_folder_of_parse", seeded)
        yield


@contextmanager
def one_expectations_worker() -> Iterator[None]:
    """Let every run of this session ask one process, as its import takes seconds each time."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        alive: list[ExpectationsWorker] = []

        @contextmanager
        def shared(pipeline: flow.Pipeline) -> Iterator[ExpectationsWorker]:
            if not alive:
                limit = pipeline.settings.memory_limit
                alive.append(stack.enter_context(ExpectationsWorker(memory_limit=limit)))
            yield alive[0]

        patch.setattr(flow, "start_worker", shared)
        yield


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = to.with_name(f"{to.name}.making")
    shutil.copytree(source, beside)
    beside.rename(to)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
