"""Each Dagster step does what the flow does, and reports it: the flow is a script, dbt is real."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines import flow
from pipelines.check.gate import Verdict
from pipelines.check.result import CheckResult
from pipelines.definitions import defs
from pipelines.landed_sources import FACTS
from pipelines.publish.release import NotPublishable
from pipelines.run import Run
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import HomeIsBusy

CONTRACT = """
source: shop
family: finance
owner: {team: Finance, email: finance@example.com}
streams:
  orders:
    description: One row per order.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [order_id], type: text, required: true}
      - {name: amount, headers: [amount], type: "decimal(18,6)"}
    key: [order_id]
    load: {rule: upsert}
"""
MODELS = """
models:
  - name: fct_orders
    columns:
      - {name: order_id, data_tests: [unique]}
      - {name: amount, data_tests: [not_null]}
  - name: fct_numbered
    columns: [{name: order_number, data_tests: [unique]}]
unit_tests:
  - name: an_amount_is_kept
    model: fct_orders
    given: [{input: ref('stg_shop__orders'), rows: [{order_id: a, amount: 1}]}]
    expect: {rows: [{order_id: a, amount: 1}]}
"""
SUITE = """
{"table": "landed.shop__orders", "stage": "landed", "when_empty": "skip", "key": ["order_id"],
 "expectations": [{
   "type": "expect_table_row_count_to_equal", "kwargs": {"value": {"$PARAMETER": "rows"}},
   "asks": "Did the suite see every row?", "severity": "block", "notes": "Look into the worker."}]}
"""
FILES = {
    "expectations/suites/shop__orders.json": SUITE,
    "models/contracts/finance/shop.yml": CONTRACT,
    "dbt_project/models/staging/stg_shop__orders.sql": (
        "select order_id, amount from {{ source('landed', 'shop__orders') }}"
    ),
    "dbt_project/models/marts/fct_orders.sql": "select * from {{ ref('stg_shop__orders') }}",
    "dbt_project/models/marts/fct_numbered.sql": (
        "select cast(order_id as integer) as order_number from {{ ref('fct_orders') }}"
    ),
    "dbt_project/models/marts/models.yml": MODELS,
    "dbt_project/tests/every_order_is_staged.sql": (
        "select order_id from {{ ref('fct_orders') }}"
        " where order_id not in (select order_id from {{ ref('stg_shop__orders') }})"
    ),
}
COPIED = ("dbt_project.yml", "profiles.yml", "macros/generate_schema_name.sql")
CHECKED = "ASSET_CHECK_EVALUATION"
GOOD = "select '1' as order_id, cast(2.5 as decimal(18, 6)) as amount"
BAD = "select 'one' as order_id, cast(null as decimal(18, 6)) as amount"
UNIQUE = ("kpi_mart/fct_orders", "unique_fct_orders_order_id")
NOT_NULL = ("kpi_mart/fct_orders", "not_null_fct_orders_amount")
NUMBERED = ("kpi_mart/fct_numbered", "unique_fct_numbered_order_number")
MAY_GO = ("verdict", "candidate_may_be_released")
LANDED = {"landed/shop__orders", *(f"landed/{name}" for name in FACTS)}
TABLES = LANDED | {
    "staging/stg_shop__orders",
    "kpi_mart/fct_orders",
    "kpi_mart/fct_numbered",
}


class ScriptedFlow:
    """The flow's functions, each noting that it was called, with what it found on the way."""

    def __init__(self, home: Path) -> None:
        self.rows = GOOD
        self.called: list[str] = []
        self.run: Run | None = Run("r1", home / "runs", home / "candidate.duckdb")
        self.released: str | None = None
        self.decision = "release"
        self.busy = 0
        self.seen_as_of: list[str] = []

    @contextmanager
    def alone(self, pipeline: flow.Pipeline) -> Iterator[None]:
        if self.busy:
            self.busy -= 1
            raise HomeIsBusy(pipeline.settings.home, None, None)
        self.called.append("(")
        yield
        self.called.append(")")

    @contextmanager
    def start_worker(self, pipeline: flow.Pipeline) -> Iterator[None]:
        yield

    def land(self, pipeline: flow.Pipeline) -> flow.Landed:
        self.called.append("land")
        return flow.Landed()

    def check_landed(self, pipeline: flow.Pipeline, worker: object) -> list[CheckResult]:
        self.called.append("check_landed")
        return []

    def accepted_landings(self, pipeline: flow.Pipeline) -> list[Any]:
        return []

    def freeze(self, pipeline: flow.Pipeline) -> Run | None:
        self.called.append("freeze")
        if self.run is not None:
            self.run.directory.mkdir(parents=True, exist_ok=True)
            code = flow.code_digest(pipeline.settings.project)
            frozen = {"as_of": "2026-01-31", "landings": [], "code_digest": code}
            self.run.manifest.write_text(json.dumps(frozen))
        return self.run

    def latest_run(self, pipeline: flow.Pipeline) -> Run | None:
        return self.run if self.run and self.run.manifest.exists() else None

    def last_run_id(self, ledger: object) -> str | None:
        return self.released

    def transform(self, pipeline: flow.Pipeline, run: Run, listeners: list[Any]) -> None:
        from pipelines import transform

        self.called.append("transform")
        with duckdb.connect(str(run.candidate)) as connection:
            connection.execute("create schema landed")
            connection.execute(f"create table landed.shop__orders as {self.rows}")
        parsed = transform._parsed_folder(pipeline.settings, pipeline.streams)
        manifest = transform._unpacked(parsed)
        for command in ("run", "test"):
            transform._invoke(pipeline.settings, run, command, manifest, None, listeners)
        transform._let_go_of(run.candidate)

    def check_candidate(self, pipeline: flow.Pipeline, run: Run, worker: object) -> Verdict:
        self.called.append("check_candidate")
        self.seen_as_of.append(pipeline.settings.as_of.isoformat())
        reasons = () if self.decision == "release" else ("the books do not balance",)
        return Verdict("r1", "-", "-", (), (), self.decision, reasons)  # type: ignore[arg-type]

    def publish(self, pipeline: flow.Pipeline, run: Run) -> SimpleNamespace:
        self.called.append("publish")
        if self.decision != "release":
            raise NotPublishable("r1", ["the verdict is hold"])
        folder = pipeline.settings.home
        (folder / "definitions.json").write_text('{"kpis": {"revenue": {}}}')
        return SimpleNamespace(
            number=1, run_id="r1", folder=folder, tables={}, checks_passed=1, checks_total=1
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    files = dict(FILES)
    for name in COPIED:
        files[f"dbt_project/{name}"] = (REPOSITORY / "dbt_project" / name).read_text()
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "parsed").mkdir()
    return folder


@pytest.fixture
def script(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedFlow:
    monkeypatch.setenv("KPI_PROJECT", str(project))
    (tmp_path / "dbt").symlink_to(project / "parsed")  # parsed once for all tests
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    monkeypatch.setenv("KPI_AS_OF", "2026-02-01")
    script = ScriptedFlow(tmp_path)
    for name in vars(ScriptedFlow):
        if not name.startswith("_"):
            monkeypatch.setattr(flow, name, getattr(script, name))
    return script


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp() as instance:
        yield instance


class Launched:
    """What came of one launch."""

    def __init__(self, instance: dg.DagsterInstance, *only: str) -> None:
        job = defs().resolve_implicit_global_asset_job_def()
        selection = [dg.AssetKey(name.split("/")) for name in only] or None
        self.result = job.execute_in_process(
            instance=instance, raise_on_error=False, asset_selection=selection
        )
        self.success = self.result.success
        events = self.result.all_events
        self.made = {
            e.asset_key.to_user_string()
            for e in events
            if e.is_step_materialization and e.asset_key
        }
        found = [e.event_specific_data for e in events if e.event_type_value == CHECKED]
        self.checks = {(c.asset_key.to_user_string(), c.check_name): c for c in found}
        self.failed = {e.step_key: e.step_failure_data for e in events if e.is_step_failure}

    def metadata(self, asset: str) -> dict[str, Any]:
        (event,) = self.result.asset_materializations_for_node(asset)
        return {key: value.value for key, value in event.metadata.items()}


def test_the_whole_job_takes_the_steps_in_order_and_each_alone(script, instance):
    launched = Launched(instance)

    assert launched.success
    assert script.called == (
        "( land check_landed ) ( freeze transform ) ( check_candidate ) ( publish )".split()
    )
    assert launched.made == TABLES | {"candidate", "verdict", "release"}
    assert launched.checks[UNIQUE].passed
    assert launched.checks[NOT_NULL].passed
    assert launched.checks[MAY_GO].passed
    assert launched.metadata("published")["release"] == 1
    assert launched.metadata("published")["kpis"] == 1


def test_a_failing_test_and_a_failing_model_still_lead_to_a_verdict_that_names_them(
    script, instance
):
    script.rows, script.decision = BAD, "hold"

    launched = Launched(instance)

    assert not launched.success
    assert "check_candidate" in script.called
    assert "publish" not in script.called
    assert launched.made == TABLES - {"kpi_mart/fct_numbered"} | {"candidate", "verdict"}
    assert launched.checks[UNIQUE].passed
    assert not launched.checks[NOT_NULL].passed
    assert launched.checks[NOT_NULL].severity is dg.AssetCheckSeverity.ERROR
    assert not launched.checks[NUMBERED].passed
    assert not launched.checks[MAY_GO].passed
    assert set(launched.failed) == {"judged"}
    assert "books do not balance" in launched.failed["judged"].user_failure_data.description


def test_a_test_that_dbt_never_answered_has_not_passed(script, instance, monkeypatch):
    monkeypatch.setattr(flow, "transform", lambda *_: Path(script.run.candidate).touch())

    launched = Launched(instance)

    assert launched.made & TABLES == LANDED
    assert not launched.checks[UNIQUE].passed
    assert not launched.checks[NUMBERED].passed


def test_the_release_alone_is_refused_by_publishing_itself(script, instance):
    script.decision = "hold"
    script.freeze(flow.open_pipeline(Settings.from_environment()))

    launched = Launched(instance, "release")

    assert not launched.success
    assert launched.made == set()
    failure = launched.failed["published"].user_failure_data
    assert "the verdict is hold" in failure.description
    assert failure.metadata["reasons"].value == ["the verdict is hold"]


def test_the_release_alone_without_any_run_is_refused_with_the_remedy(script, instance):
    launched = Launched(instance, "release")

    assert not launched.success
    assert "launch the job kpi_run" in launched.failed["published"].user_failure_data.description
    assert "publish" not in script.called


def test_nothing_new_makes_no_candidate_no_verdict_and_no_release(script, instance):
    script.run = None

    launched = Launched(instance)

    assert launched.success
    assert launched.made == LANDED
    assert "transform" not in script.called
    assert "publish" not in script.called


def test_a_run_that_is_already_released_is_not_published_again(script, instance):
    script.freeze(flow.open_pipeline(Settings.from_environment()))
    script.released = "r1"

    launched = Launched(instance, "verdict", "release")

    assert launched.success
    assert launched.made == set()
    assert "publish" not in script.called


def test_what_is_asked_after_midnight_is_asked_as_of_the_day_of_the_run(script, instance):
    Launched(instance)

    assert script.seen_as_of == ["2026-01-31"]


def test_f065_a_candidate_of_other_code_is_not_judged(script, instance, project):
    script.freeze(flow.open_pipeline(Settings.from_environment()))
    suite = project / "expectations" / "suites" / "shop__orders.json"
    suite.write_text(SUITE + "\n")

    launched = Launched(instance, "verdict", "release")

    suite.write_text(SUITE)
    assert not launched.success
    assert "check_candidate" not in script.called
    assert "Nothing of it is published" in str(launched.failed["judged"].error)


def test_a_home_in_use_is_waited_for(script, instance, monkeypatch):
    monkeypatch.setattr("pipelines.orchestrate.step.BUSY_SECONDS", 0)
    script.busy = 2

    launched = Launched(instance, *sorted(LANDED))

    assert launched.success
    assert script.called == ["(", "land", "check_landed", ")"]


def test_a_launch_of_landed_tables_alone_asks_for_no_verdict(script, instance):
    launched = Launched(instance, *sorted(LANDED))

    assert launched.success
    assert "check_candidate" not in script.called


def test_no_value_is_pickled(script, instance):
    Launched(instance)

    storage = Path(instance.root_directory) / "storage"
    values = [file for file in storage.rglob("*") if file.is_file() and not file.suffix]
    assert values == []
