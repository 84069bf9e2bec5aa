"""Dagster as an operator has it: its web server and daemon, launched through the API, and the gate.

One instance for all; the tests stand in the order of a company's day and build on each other.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import write_demo
from pipelines.settings import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
ANSWER_WITHIN = 240
"""Seconds. A launch loads the code anew, which is slow on a machine that does other things."""

CODE = {"repositoryName": "__repository__", "repositoryLocationName": "kpi_mart"}
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
LAUNCH = """
mutation($it: ExecutionParams!) { launchRun(executionParams: $it) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }
"""
RUN = """
query($id: ID!) { runOrError(runId: $id) { ... on Run {
  status assetMaterializations { assetKey { path } metadataEntries {
    label ... on IntMetadataEntry { intValue } } } } } }
"""
NEWEST = (
    """{ runsOrError(limit: 1) { ... on Runs { results { runId jobName tags { key value } } } } }"""
)
CHECK = """
query($asset: AssetKeyInput!, $name: String!) {
  assetCheckExecutions(assetKey: $asset, checkName: $name, limit: 1) {
    runId status evaluation { success severity } } }
"""
SENSOR = """
query($it: SensorSelector!) { sensorOrError(sensorSelector: $it) {
  ... on Sensor { sensorState { id status } } } }
"""
STOP = """mutation($id: String!) { stopSensor(id: $id) { __typename } }"""
START = """mutation($it: SensorSelector!) { startSensor(sensorSelector: $it) { __typename } }"""


class Instance:
    """A home, a Dagster instance in it, and its API."""

    def __init__(self, home: Path) -> None:
        self.home, self.inbox = home, home / "inbox"
        self.folder = home / "dagster"
        self.folder.mkdir()
        shutil.copy(REPOSITORY / "dagster.yaml", self.folder)
        # A copy, because a candidate is not judged when somebody edits the project meanwhile.
        for room in ("models", "expectations", "dbt_project"):
            shutil.copytree(REPOSITORY / room, home / "project" / room)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(self.folder),
            "HOME": str(home),
            "KPI_HOME": str(home),
            "KPI_PROJECT": str(home / "project"),
            "KPI_AS_OF": "2026-07-01",
            "KPI_SETTLE_SECONDS": "0",
        }

    def start(self, stack: ExitStack, command: str, *arguments: str) -> None:
        """Start one of Dagster's processes; the stack ends it, and all that it started."""
        log = stack.enter_context((self.home / f"{command}.log").open("wb"))
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / command), *arguments, "-w", "workspace.yaml"],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        stack.callback(end, process)

    def ask(self, query: str, **variables: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as response:
            answer = json.load(response)
        assert not answer.get("errors"), answer
        return answer["data"]

    def wait_until_it_answers(self) -> None:
        def answers() -> bool:
            try:
                return bool(self.ask("{ version }"))
            except (urllib.error.URLError, OSError):
                return False

        wait_for(answers, 300, "the web server")

    def launch(self, job: str, *assets: str) -> str:
        selector: dict[str, Any] = {**CODE, "jobName": job}
        if assets:
            selector["assetSelection"] = [{"path": name.split("/")} for name in assets]
        answer = self.ask(LAUNCH, it={"selector": selector, "runConfigData": {}})["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def end_of(self, run_id: str) -> str:
        def ended() -> str | None:
            status = str(self.ask(RUN, id=run_id)["runOrError"]["status"])
            return status if status in ENDED else None

        return str(wait_for(ended, 570, f"the end of run {run_id}"))

    def materialized(self, run_id: str) -> dict[str, dict[str, int]]:
        """What a run made, with its numbers."""
        found = self.ask(RUN, id=run_id)["runOrError"]["assetMaterializations"]
        return {
            "/".join(made["assetKey"]["path"]): {
                entry["label"]: entry["intValue"]
                for entry in made["metadataEntries"]
                if entry.get("intValue") is not None
            }
            for made in found
        }

    def check(self, asset: str, name: str) -> dict[str, Any]:
        found = self.ask(CHECK, asset={"path": asset.split("/")}, name=name)
        return dict(found["assetCheckExecutions"][0])

    def last_words(self) -> str:
        return (self.home / "dagster-daemon.log").read_text()[-4000:]

    def releases(self) -> list[str]:
        folder = self.home / "releases"
        return sorted(each.name for each in folder.iterdir()) if folder.exists() else []

    def alerts(self) -> list[dict[str, Any]]:
        file = self.home / "alerts.log"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def chart_of_accounts(self, day: str, text: str) -> None:
        (self.inbox / "ledger" / f"chart-of-accounts {day}.csv").write_text(text)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its own children, and nothing else: they are a group of their own."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def wait_for(look: Any, seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(1)
    raise AssertionError(f"{what} did not come within {seconds} s")


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Web server and daemon over an inbox of two months, with the sensor still off."""
    instance = Instance(tmp_path_factory.mktemp("home"))
    with ExitStack() as stack:
        instance.start(stack, "dagster-webserver", "-h", "127.0.0.1", "-p", str(instance.port))
        instance.wait_until_it_answers()
        selector = {**CODE, "sensorName": "inbox_sensor"}
        state = instance.ask(SENSOR, it=selector)["sensorOrError"]["sensorState"]
        assert state["status"] == "RUNNING"
        instance.ask(STOP, id=state["id"])
        write_demo(instance.inbox, until=date(2026, 6, 30), days=60)
        instance.start(stack, "dagster-daemon", "run")
        yield instance


@pytest.fixture(scope="module")
def first(instance: Instance) -> str:
    """The run that the job was launched for on the first day."""
    run_id = instance.launch("kpi_run")
    assert instance.end_of(run_id) == "SUCCESS", instance.last_words()
    return run_id


@pytest.fixture(scope="module")
def held(instance: Instance, first: str) -> str:
    """The run on a day when an account of the ledger came without its class."""
    charts = sorted((instance.inbox / "ledger").glob("chart-of-accounts *"))
    good = charts[-1].read_text()
    bad = re.sub(r"^(\d+,[^,]*),income,", r"\1,,", good, count=1, flags=re.MULTILINE)
    assert bad != good
    instance.chart_of_accounts("2026-07-01", bad)
    run_id = instance.launch("kpi_run")
    instance.end_of(run_id)
    return run_id


def test_the_job_makes_a_release_with_figures(instance: Instance, first: str):
    assert instance.releases() == ["1"]
    mart = str(instance.home / "current" / "mart.duckdb")
    with duckdb.connect(mart, read_only=True) as connection:
        kpis, figures = connection.execute(
            "select count(distinct kpi), count(*) from kpi_mart.kpi_values"
            " where grain = 'month' and slice = 'total' and value is not null"
        ).fetchall()[0]
    assert kpis > 20
    assert figures > kpis


def test_every_step_shows_what_it_made(instance: Instance, first: str):
    made = instance.materialized(first)

    assert {"landed/ledger__journal_lines", "kpi_mart/kpi_values", "candidate", "verdict"} <= set(
        made
    )
    assert made["landed/ledger__journal_lines"]["dagster/row_count"] > 100
    assert made["release"]["release"] == 1
    assert made["release"]["kpis"] > 20
    assert 50 < made["release"]["checks_passed"] <= made["release"]["checks_total"]


@pytest.mark.parametrize(
    ("asset", "name"),
    [
        ("landed/ledger__journal_lines", "contract_holds"),
        ("landed/ledger__journal_lines", "suite_holds"),
        ("kpi_mart/kpi_values", "suite_holds"),
        ("kpi_mart/fct_ad_performance", "sources_agree"),
        ("candidate", "dbt_tests_hold"),
        ("verdict", "candidate_may_be_released"),
    ],
)
def test_checks_are_recorded_at_their_tables(instance: Instance, first: str, asset: str, name: str):
    found = instance.check(asset, name)

    assert found["status"] == "SUCCEEDED"
    assert found["runId"] == first


def test_a_failing_check_fails_the_job_and_publishes_nothing(instance: Instance, held: str):
    made = instance.materialized(held)

    assert instance.end_of(held) == "FAILURE"
    assert instance.check("verdict", "candidate_may_be_released")["evaluation"] == {
        "success": False,
        "severity": "ERROR",
    }
    assert not instance.check("candidate", "dbt_tests_hold")["evaluation"]["success"]
    assert "verdict" in made
    assert "release" not in made
    assert instance.releases() == ["1"]


def test_launching_the_release_alone_publishes_nothing_either(instance: Instance, held: str):
    run_id = instance.launch("__ASSET_JOB", "release")

    assert instance.end_of(run_id) == "FAILURE"
    assert instance.materialized(run_id) == {}
    assert instance.releases() == ["1"]
    assert (instance.home / "current").resolve().name == "1"


def test_each_failure_is_told_once(instance: Instance, held: str):
    alerts = wait_for(
        lambda: found if len(found := instance.alerts()) > 1 else None, 90, "the second alert"
    )

    assert len({alert["dagster_run"] for alert in alerts}) == len(alerts) == 2
    assert alerts[0]["dagster_run"] == held
    assert "assert_every_ledger_account_has_a_class" in json.dumps(alerts[0]["steps"])


def test_a_mended_export_starts_the_job_by_itself_and_is_released(instance: Instance, held: str):
    charts = sorted((instance.inbox / "ledger").glob("chart-of-accounts *"))
    instance.chart_of_accounts("2026-07-02", charts[0].read_text() + "\n")
    instance.ask(START, it={**CODE, "sensorName": "inbox_sensor"})

    def started() -> str | None:
        (newest,) = instance.ask(NEWEST)["runsOrError"]["results"]
        tags = {tag["key"]: tag["value"] for tag in newest["tags"]}
        by_the_sensor = tags.get("dagster/sensor_name") == "inbox_sensor"
        return str(newest["runId"]) if by_the_sensor else None

    run_id = str(wait_for(started, 300, "the sensor's run"))

    assert instance.end_of(run_id) == "SUCCESS"
    assert instance.releases() == ["1", "2"]
    assert (instance.home / "current").resolve().name == "2"


def test_f122_no_telemetry_is_collected(instance: Instance, first: str):
    assert not list(instance.home.rglob("*telemetry*"))
