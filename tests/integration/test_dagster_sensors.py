"""What starts the job by itself, and who is told when it fails."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.inbox import Export, Notice, Problem
from pipelines.orchestrate.schedule import build_daily_schedule, kpi_run
from pipelines.orchestrate.sensors import inbox_sensor, run_failure_alert, run_key
from pipelines.transform import TransformFailed

HOUR = 3600


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    monkeypatch.setenv("KPI_SETTLE_SECONDS", "0")
    (tmp_path / "inbox" / "ledger").mkdir(parents=True)
    return tmp_path


def export(name: str, size: int = 10, mtime_ns: int = 5) -> Export:
    return Export(Path(name), name.partition("/")[0], name, size, mtime_ns)


def unreadable(name: str) -> Problem:
    return Problem(Path(name), name, "UNREADABLE", "nobody may read it", 1, 1, "ledger")


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    return inbox_sensor(dg.build_sensor_context(instance=instance))


def test_the_same_files_have_the_same_key_within_an_hour_in_whatever_order():
    one, other = export("ledger/a.csv"), export("stripe/b.csv")

    assert run_key(Notice(new=[one, other]), 0) == run_key(Notice(new=[other, one]), HOUR - 1)


def test_files_that_still_wait_an_hour_later_have_another_key():
    seen = Notice(new=[export("ledger/a.csv")])

    assert run_key(seen, 0) != run_key(seen, HOUR)


@pytest.mark.parametrize(
    "other", [export("ledger/b.csv"), export("ledger/a.csv", 11), export("ledger/a.csv", 10, 6)]
)
def test_another_name_size_or_time_is_another_key(other: Export):
    assert run_key(Notice(new=[export("ledger/a.csv")]), 0) != run_key(Notice(new=[other]), 0)


def test_a_file_to_be_quarantined_starts_the_job_but_one_nobody_may_read_does_not():
    stray = Problem(Path("x.csv"), "x.csv", "UNKNOWN_SOURCE", "in no source's folder")

    assert run_key(Notice(problems=[stray]), 0)
    assert run_key(Notice(problems=[unreadable("ledger/x.csv")]), 0) is None
    assert run_key(Notice(), 0) is None


def test_a_new_export_requests_the_job(home: Path):
    (home / "inbox" / "ledger" / "journal.csv").write_text("x")

    with dg.DagsterInstance.ephemeral() as instance:
        requested = tick(instance)

    assert isinstance(requested, dg.RunRequest)
    assert requested.run_key
    assert requested.tags["kpi/new_files"] == "1"


def test_looking_writes_nothing(home: Path):
    (home / "inbox" / "ledger" / "journal.csv").write_text("x")
    before = sorted(home.rglob("*"))

    with dg.DagsterInstance.ephemeral() as instance:
        tick(instance)

    assert sorted(home.rglob("*")) == before


def test_an_empty_or_missing_inbox_is_skipped_with_the_reason(home: Path):
    with dg.DagsterInstance.ephemeral() as instance:
        empty = tick(instance)
        (home / "inbox" / "ledger").rmdir()
        (home / "inbox").rmdir()
        missing = tick(instance)

    assert isinstance(empty, dg.SkipReason)
    assert "Nothing new" in (empty.skip_message or "")
    assert isinstance(missing, dg.SkipReason)
    assert "KPI_INBOX" in (missing.skip_message or "")


def test_nothing_is_requested_while_the_job_is_at_work(home: Path):
    (home / "inbox" / "ledger" / "journal.csv").write_text("x")

    with dg.DagsterInstance.ephemeral() as instance:
        instance.create_run_for_job(
            job_that_raises(ValueError()), status=dg.DagsterRunStatus.STARTED
        )
        skipped = tick(instance)
        for run in instance.get_runs():
            instance.delete_run(run.run_id)
        requested = tick(instance)

    assert isinstance(skipped, dg.SkipReason)
    assert isinstance(requested, dg.RunRequest)


def test_the_inbox_is_looked_at_every_half_minute_and_the_job_runs_at_six_in_the_companys_zone():
    schedule = build_daily_schedule("Asia/Kolkata")

    assert inbox_sensor.minimum_interval_seconds == 30
    assert inbox_sensor.job.name == schedule.job_name == kpi_run.name == "kpi_run"
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.execution_timezone == "Asia/Kolkata"


def alerts_of(home: Path, error: Exception) -> list[dict[str, Any]]:
    with dg.DagsterInstance.ephemeral() as instance:
        result = job_that_raises(error).execute_in_process(instance=instance, raise_on_error=False)
        failure = dg.build_run_status_sensor_context(
            sensor_name="run_failure_alert",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=next(e for e in result.all_events if e.is_job_failure),
        ).for_run_failure()
        run_failure_alert(failure)
    lines = (home / "alerts.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_each_failed_run_leaves_one_line_with_step_and_reason(home: Path):
    alerts_of(home, dg.Failure("the ledger does not balance"))
    alerts = alerts_of(home, dg.Failure("the rates are missing"))

    assert [alert["alert"] for alert in alerts] == ["run_failed", "run_failed"]
    assert alerts[0]["dagster_run"] != alerts[1]["dagster_run"]
    assert alerts[0]["job"] == "kpi_run"
    assert alerts[0]["steps"] == [{"step": "published", "reason": "the ledger does not balance"}]


def test_an_error_of_ours_is_told_whole_and_of_another_only_its_kind(home: Path):
    alerts_of(home, TransformFailed("dbt cannot read the project"))
    alerts = alerts_of(home, ValueError("cannot convert 'ann@example.com'"))

    ours, other = (alert["steps"][0]["reason"] for alert in alerts)
    assert "dbt cannot read the project" in ours
    assert other == "ValueError. Its text is in Dagster, at the run."


def job_that_raises(error: Exception) -> dg.JobDefinition:
    @dg.op
    def published() -> None:
        raise error

    @dg.job(name="kpi_run", executor_def=dg.in_process_executor)
    def job() -> None:
        published()

    return job
