"""The example company, run once for all tests that only read what came of it."""

import json
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from shared_work import made_once, one_expectations_worker, parsed_once

from pipelines import flow
from pipelines.demo import write_demo
from pipelines.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
UNTIL = date(2026, 6, 30)


@dataclass(frozen=True)
class Company:
    """An inbox filled by the generator, the home it was run in, and the truth beside it."""

    settings: Settings
    outcome: flow.Outcome
    truth: dict[str, Any]


def settings_for(home: Path, as_of: date) -> Settings:
    return Settings.from_environment(home=home, inbox=home / "inbox", as_of=as_of, settle_seconds=0)


@pytest.fixture(scope="session", autouse=True)
def _done_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with parsed_once(tmp_path_factory), one_expectations_worker():
        yield


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """24 months of the example company, released; each worker has a copy of the home."""

    def make(folder: Path) -> None:
        settings = settings_for(folder / "home", UNTIL + timedelta(days=1))
        write_demo(settings.inbox, until=UNTIL)
        (folder / "outcome").write_bytes(pickle.dumps(flow.run(settings)))

    made = made_once(tmp_path_factory, "company", make)
    home = tmp_path_factory.mktemp("company") / "home"
    shutil.copytree(made / "home", home, symlinks=True)
    outcome = pickle.loads((made / "outcome").read_bytes())
    release = outcome.release
    if release is not None:
        release = replace(release, folder=home / release.folder.relative_to(made / "home"))
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    settings = settings_for(home, UNTIL + timedelta(days=1))
    return Company(settings, replace(outcome, release=release), truth)
