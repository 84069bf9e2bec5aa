"""The example company, run once for all tests that only read what came of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """24 months of the example company, released."""
    home = tmp_path_factory.mktemp("company")
    settings = settings_for(home, UNTIL + timedelta(days=1))
    write_demo(settings.inbox, until=UNTIL)
    outcome = flow.run(settings)
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    yield Company(settings, outcome, truth)
