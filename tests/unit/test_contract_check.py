"""`kpi contract check` and `kpi sources`: would a file land, which exports are known; no trace."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from models.contract import load_contracts
from pipelines import intake
from pipelines.contracts.check import MASK, check_file
from pipelines.contracts.errors import ContractWorkError
from pipelines.intake import Pipeline
from pipelines.ledger import Ledger
from pipelines.serve.sources import UnknownSource, known_streams
from pipelines.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
TASKS = FIXTURES / "projects" / "tasks_2026-06-30.csv"


def kpi(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, words)],
        cwd=REPOSITORY,
        env={"KPI_HOME": str(home), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_would_land_is_told_by_its_folder_or_its_header(
    settings: Settings, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "download.csv"
    elsewhere.write_bytes(TASKS.read_bytes())

    for file in (TASKS, elsewhere):
        checked = check_file(settings, STREAMS, file)
        assert (checked.lands, checked.table, checked.shape) == (True, "projects__tasks", "csv")
        assert (checked.rows_in_file, checked.rows_landed, checked.rows_quarantined) == (6, 5, 0)
        assert checked.rows_skipped == {"header": 1}


def test_a_trial_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    before = sorted(settings.home.rglob("*"))

    check_file(settings, STREAMS, TASKS)

    assert sorted(settings.home.rglob("*")) == before
    assert not settings.archive.exists()
    assert not settings.landed.exists()


def test_a_renamed_header_is_named_with_what_to_do(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text(TASKS.read_text(encoding="utf-8").replace("status_date", "day_of_report", 1))

    checked = check_file(settings, STREAMS, file)

    assert (checked.lands, checked.status, checked.code) == (False, "refused", "SCHEMA_DRIFT")
    assert "status_date" in checked.reason
    assert "projects.yml" in checked.remedy


def test_too_many_broken_rows_would_set_it_aside_and_the_first_ones_are_shown(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text(TASKS.read_text(encoding="utf-8").replace(",EUR", ",").replace("8650.00", "?"))

    checked = check_file(settings, STREAMS, file, "projects")

    assert (checked.lands, checked.status, checked.rows_quarantined) == (False, "set_aside", 5)
    shown = [(fault.row, fault.column, fault.value) for fault in checked.faults]
    assert (2, "actual_cost_amount", "?") in shown
    assert (2, "currency_code", "") in shown


def test_f119_personal_data_is_not_shown_in_a_fault(settings: Settings, tmp_path: Path) -> None:
    content = (FIXTURES / "employees" / "employees_2026-06-30.csv").read_text(encoding="utf-8")
    file = tmp_path / "employees.csv"
    file.write_text(content.replace("68000.00", "about 68000"), encoding="utf-8")

    [fault] = check_file(settings, STREAMS, file, "employees").faults

    assert (fault.row, fault.column, fault.value) == (2, "salary_amount", MASK)


def test_a_header_that_nobody_knows_would_not_land(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "weather.csv"
    file.write_text("Zephyr,Nimbus\n1,2\n", encoding="utf-8")

    checked = check_file(settings, STREAMS, file)

    assert (checked.lands, checked.code) == (False, "UNKNOWN_SOURCE")
    with pytest.raises(ContractWorkError, match="no such file"):
        check_file(settings, STREAMS, tmp_path / "gone.csv")


def test_the_commands_end_as_they_say(tmp_path: Path) -> None:
    page = tmp_path / "login.csv"
    page.write_text("<html>Sign in</html>", encoding="utf-8")

    assert kpi(tmp_path, "contract", "check", TASKS).returncode == 0
    refused = kpi(tmp_path, "contract", "check", page, "--source", "projects")
    assert (refused.returncode, "MAGIC_MISMATCH" in refused.stdout) == (5, True)
    gone = kpi(tmp_path, "contract", "check", tmp_path / "gone.csv")
    assert (gone.returncode, "no such file" in gone.stderr) == (1, True)
    drafted = kpi(tmp_path, "contract", "new", TASKS)
    assert drafted.returncode == 0
    assert drafted.stdout.startswith("# review: ")
    assert "It would land under this contract" in drafted.stderr
    answer = json.loads(kpi(tmp_path, "contract", "new", TASKS, "--json").stdout)
    assert answer["draft"]["checked"]["rows_landed"] == 5
    assert answer["written"] is None


def test_sources_say_who_answers_and_how_fresh_each_is(settings: Settings) -> None:
    inbox = settings.inbox / "projects"
    inbox.mkdir()
    (inbox / TASKS.name).write_bytes(TASKS.read_bytes())
    intake.land(Pipeline(settings, STREAMS, Ledger(settings.ledger_url)))

    known = {stream.table: stream for stream in known_streams(settings)}

    assert set(known) == set(STREAMS)
    tasks = known["projects__tasks"]
    assert (tasks.family, tasks.owner, tasks.landings) == ("projects", "Operations", 1)
    assert (tasks.newest_export or "")[:10] == "2026-06-30"
    assert tasks.freshness == "fresh"
    assert known["budgets__budgets"].freshness == "never"
    assert "template" in tasks.rests_on
    assert str(tasks.contract) == "models/contracts/projects/projects.yml"


def test_a_source_that_is_not_known_is_named_with_those_that_are(settings: Settings) -> None:
    assert [s.table for s in known_streams(settings, "market_size")] == ["market_size__market_size"]
    with pytest.raises(UnknownSource, match=r"no source 'projcts'.*projects"):
        known_streams(settings, "projcts")


def test_a_trial_has_the_limits_of_a_run(settings: Settings) -> None:
    checked = check_file(replace(settings, landing_memory=50_000_000), STREAMS, TASKS)
    assert (checked.lands, checked.code) == (False, "LIMIT")
