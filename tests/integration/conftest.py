"""The example company, and the tiny facts, each run once for all tests that only read them."""

import json
import pickle
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shared_work import made_once, one_expectations_worker, parsed_once

from models.scorecard import load_scorecards
from pipelines import flow
from pipelines.demo import write_demo
from pipelines.land.facts import write_scorecards
from pipelines.settings import Settings
from tests.dbt_builds import dbt

REPOSITORY = Path(__file__).resolve().parents[2]
UNTIL = date(2026, 6, 30)
CASE_FACTS = (
    "kpi_case_facts.sql",
    "kpi_case_facts_families.sql",
    "kpi_case_facts_in_currencies.sql",
)


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


def build_models(database: Path, selected: Iterable[str]) -> None:
    """Let dbt build and test these over a few facts; the run's day is 11 March 2026.

    Args:
        database: the candidate with the facts; dbt's artefacts come beside it, into `target`.
        selected: models and tests, as dbt names them.
    """
    done = dbt("build", database, selected, "2026-03-11")
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="session")
def kpi_cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate whose facts are the tiny ones of 11 March 2026, and dbt's answers beside it."""

    def make(folder: Path) -> None:
        database, here = folder / "candidate.duckdb", Path(__file__).parent
        with duckdb.connect(str(database)) as connection:
            for facts in CASE_FACTS:
                connection.execute((here / facts).read_text("utf-8"))
            write_scorecards(connection, load_scorecards(here / "scorecards_on_paper").values())
        build_models(database, ["path:models/marts/kpi"])
        with duckdb.connect(str(database)) as connection:
            connection.execute("create table kpi_mart.landings as select * from landed.landings")

    return made_once(tmp_path_factory, "kpi_cases", make) / "candidate.duckdb"
