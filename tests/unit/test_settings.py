from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.settings import (
    REPOSITORY,
    SETTINGS,
    Fault,
    Settings,
    SettingsError,
    fault_from_environment,
    quiet_telemetry,
)

URL = "postgresql://kpi:hunter2@db.example.com/kpi"


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_environment()

    assert settings.project == REPOSITORY
    assert settings.home == REPOSITORY / "var"
    assert settings.inbox == REPOSITORY / "var" / "inbox"
    assert settings.reporting_currency == "EUR"
    assert settings.time_zone == "UTC"
    assert settings.week_start == "monday"
    assert settings.fiscal_year_start == 1
    assert settings.calendar == "gregorian"
    assert settings.memory_limit == "2GB"
    assert settings.keep_releases == 10
    assert settings.settle_seconds == 1
    assert settings.landing_memory == 2 * 1024**3 + 3_000_000_000
    assert settings.landing_seconds == 3600
    assert settings.landing_at_once == os.cpu_count()
    assert (settings.postgres_url, settings.alerts, settings.fault) == (None, None, None)


def test_every_setting_is_taken_from_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {
        "KPI_PROJECT": str(tmp_path),
        "KPI_HOME": "/somewhere/home",
        "KPI_INBOX": "/somewhere/exports",
        "KPI_REPORTING_CURRENCY": "usd",
        "KPI_TIME_ZONE": "Asia/Ho_Chi_Minh",
        "KPI_WEEK_START": "Sunday",
        "KPI_FISCAL_YEAR_START": "04",
        "KPI_CALENDAR": "4-5-4",
        "KPI_AS_OF": "2026-02-28",
        "KPI_MEMORY_LIMIT": "1.5 GiB",
        "KPI_KEEP_RELEASES": "3",
        "KPI_SETTLE_SECONDS": "0.25",
        "KPI_LANDING_MEMORY": "1.5 GiB",
        "KPI_LANDING_SECONDS": "60",
        "KPI_LANDING_AT_ONCE": "3",
        "KPI_POSTGRES_URL": URL,
        "KPI_ALERTS": "/etc/alerts.yml",
        "KPI_FAULT": "landed.before_rename:fail",
    }
    for variable, text in given.items():
        monkeypatch.setenv(variable, text)

    assert Settings.from_environment() == Settings(
        project=tmp_path,
        home=Path("/somewhere/home"),
        inbox=Path("/somewhere/exports"),
        reporting_currency="USD",
        time_zone="Asia/Ho_Chi_Minh",
        week_start="sunday",
        fiscal_year_start=4,
        calendar="4-5-4",
        as_of=date(2026, 2, 28),
        memory_limit="1.5GiB",
        keep_releases=3,
        settle_seconds=0.25,
        landing_memory=3 * 2**29,
        landing_seconds=60,
        landing_at_once=3,
        postgres_url=URL,
        alerts=Path("/etc/alerts.yml"),
        fault="landed.before_rename:fail",
    )


def test_the_homes_are_below_the_home(tmp_path: Path) -> None:
    settings = Settings.from_environment(home=tmp_path)

    assert settings.archive == tmp_path / "archive"
    assert settings.landed == tmp_path / "landed"
    assert settings.quarantine == tmp_path / "quarantine"
    assert settings.ledger_url == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.runs == tmp_path / "runs"
    assert settings.warehouse == tmp_path / "warehouse"
    assert settings.releases == tmp_path / "releases"
    assert settings.current == tmp_path / "current"


def test_an_override_stands_before_the_environment_and_none_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KPI_AS_OF", "2026-01-01")
    monkeypatch.setenv("KPI_INBOX", "/exports")

    settings = Settings.from_environment(as_of=date(2026, 5, 5), inbox=None)

    assert (settings.as_of, settings.inbox) == (date(2026, 5, 5), Path("/exports"))


def test_an_override_that_is_no_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="no setting 'reporting_curency'"):
        Settings.from_environment(reporting_curency="EUR")


def test_a_relative_home_is_that_below_the_folder_one_is_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    assert Settings.from_environment(home="here").home == tmp_path / "here"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_day_in_the_time_zone(zone: str) -> None:
    before = datetime.now(ZoneInfo(zone)).date()

    today = Settings.from_environment(time_zone=zone).as_of

    # A day may begin while the test runs.
    assert before <= today <= before + timedelta(days=1)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("KPI_PROJECT", "/no/such/folder"),
        ("KPI_REPORTING_CURRENCY", "EURO"),
        ("KPI_REPORTING_CURRENCY", "€"),
        ("KPI_TIME_ZONE", "Mars/Olympus"),
        ("KPI_TIME_ZONE", "Europe"),
        ("KPI_TIME_ZONE", "../etc/passwd"),
        ("KPI_WEEK_START", "tuesday"),
        ("KPI_CALENDAR", "4-4-4"),
        ("KPI_FISCAL_YEAR_START", "0"),
        ("KPI_FISCAL_YEAR_START", "13"),
        ("KPI_FISCAL_YEAR_START", "April"),
        ("KPI_AS_OF", "28.02.2026"),
        ("KPI_AS_OF", "2026-02-29"),
        ("KPI_MEMORY_LIMIT", "2"),
        ("KPI_MEMORY_LIMIT", "0GB"),
        ("KPI_MEMORY_LIMIT", "much"),
        ("KPI_KEEP_RELEASES", "0"),
        ("KPI_KEEP_RELEASES", "-1"),
        ("KPI_SETTLE_SECONDS", "-1"),
        ("KPI_SETTLE_SECONDS", "nan"),
        ("KPI_SETTLE_SECONDS", "inf"),
        ("KPI_POSTGRES_URL", "mysql://kpi:hunter2@db/kpi"),
        ("KPI_FAULT", ":kill"),
        ("KPI_FAULT", "name:0"),
        ("KPI_FAULT", "name:explode"),
        ("KPI_FAULT", "name:kill:1:2"),
    ],
)
def test_a_wrong_value_is_named_with_its_purpose_and_an_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment()

    assert refusal.value.variable == variable
    assert str(refusal.value).startswith(variable)
    assert f"Example: {variable}=" in str(refusal.value)
    assert refusal.value.purpose in str(refusal.value)


def test_every_example_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for known in SETTINGS:
        example = str(tmp_path) if known.variable == "KPI_PROJECT" else known.example
        monkeypatch.setenv(known.variable, example)

    Settings.from_environment()


def test_f118_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(Settings.from_environment(postgres_url=URL))
    monkeypatch.setenv("KPI_POSTGRES_URL", f"http{URL}")

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment()

    assert "hunter2" not in shown
    assert "hunter2" not in str(refusal.value)


def test_the_example_file_lists_every_setting_and_nothing_else() -> None:
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()

    listed = re.findall(r"^#?(KPI_\w+)=", "\n".join(lines), re.MULTILINE)

    assert sorted(listed) == sorted(setting.variable for setting in SETTINGS)


def test_the_example_file_is_what_one_gets_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    as_is = Settings.from_environment()

    for line in (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines():
        if line.startswith("KPI_"):
            monkeypatch.setenv(*line.split("=", 1))

    assert Settings.from_environment() == as_is


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, None),
        ("", None),
        ("verdict.before_write", Fault("verdict.before_write", "kill", None)),
        ("verdict.before_write:kill", Fault("verdict.before_write", "kill", None)),
        ("verdict.before_write:fail", Fault("verdict.before_write", "fail", None)),
        ("verdict.before_write:fail:3", Fault("verdict.before_write", "fail", 3)),
        ("verdict.before_write:12", Fault("verdict.before_write", "kill", 12)),
    ],
)
def test_a_fault_is_a_name_an_action_and_a_passage(
    monkeypatch: pytest.MonkeyPatch, text: str | None, fault: Fault | None
) -> None:
    if text is not None:
        monkeypatch.setenv("KPI_FAULT", text)

    assert fault_from_environment() == fault


def test_f122_libraries_are_told_to_send_nothing_home_unless_the_operator_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("DO_NOT_TRACK", "GX_ANALYTICS_ENABLED"):
        monkeypatch.setenv(variable, "")  # so that it is put back after the test
        monkeypatch.delenv(variable)
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "true")

    quiet_telemetry()

    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "true"


def test_importing_the_settings_loads_no_library_of_others() -> None:
    asked = "import sys, pipelines.settings; print(*{name.split('.')[0] for name in sys.modules})"

    loaded = subprocess.run(
        [sys.executable, "-c", asked], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split()

    at_start = {"sqlalchemy", "zstandard", "duckdb", "pydantic", "dagster", "dbt", "pandas", "yaml"}
    assert not at_start.intersection(loaded)
