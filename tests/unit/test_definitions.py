"""What Dagster shows: the flow's steps as groups, every table as an asset, and one gate."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.test_utils import instance_for_test

from pipelines.definitions import defs
from pipelines.landed_sources import FACTS
from pipelines.orchestrate.declared import Declared, read_declared
from pipelines.orchestrate.judged import MAY_GO
from pipelines.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
CANDIDATE, VERDICT, RELEASE = (dg.AssetKey([name]) for name in ("candidate", "verdict", "release"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which nothing ever landed; dbt's project is parsed into it once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def declared(home: Path) -> Declared:
    return read_declared(Settings.from_environment(home=home))


@pytest.fixture(scope="module")
def definitions(home: Path, declared: Declared) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPI_HOME", str(home))
        return defs()


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> AssetGraph:
    return definitions.resolve_asset_graph()


@pytest.fixture(scope="module")
def job(definitions: dg.Definitions) -> dg.JobDefinition:
    return definitions.resolve_job_def("kpi_run")


def tables(graph: AssetGraph, group: str) -> set[str]:
    return {
        k.to_user_string() for k in graph.get_all_asset_keys() if graph.get(k).group_name == group
    }


def ancestors(graph: AssetGraph, key: dg.AssetKey) -> set[dg.AssetKey]:
    return {found for found in graph.get_ancestor_asset_keys(key) if isinstance(found, dg.AssetKey)}


def test_every_contract_is_an_asset_with_its_owner(graph: AssetGraph, declared: Declared):
    expected = {f"landed/{table}" for table in declared.streams}

    assert tables(graph, "land") == expected | {f"landed/{name}" for name in FACTS}
    for table, stream in declared.streams.items():
        asset = graph.get(dg.AssetKey(["landed", table]))
        assert f"team:{stream.owner.team}" in asset.owners
        assert asset.description == stream.description


def test_every_model_is_an_asset_named_as_its_table(graph: AssetGraph, declared: Declared):
    models = [n for n in declared.manifest["nodes"].values() if n["resource_type"] == "model"]

    assert tables(graph, "transform") == {f"{n['schema']}/{n['alias']}" for n in models} | {
        "candidate"
    }


def test_every_asset_is_made_here_so_that_no_source_of_dbt_is_without_its_landing(
    graph: AssetGraph,
):
    assert graph.get_all_asset_keys() == graph.executable_asset_keys


def test_the_release_follows_from_everything_that_lands_and_is_transformed(
    graph: AssetGraph, declared: Declared
):
    before = ancestors(graph, RELEASE)
    read = {
        dg.AssetKey(["landed", node["identifier"]])
        for unique_id, node in declared.manifest["sources"].items()
        if declared.manifest["child_map"].get(unique_id)
    }

    assert graph.get(RELEASE).parent_keys == {VERDICT}
    assert graph.get(VERDICT).parent_keys == {CANDIDATE}
    assert read <= before
    assert {k.to_user_string() for k in before} >= tables(graph, "transform")


def test_every_test_of_one_model_is_a_check_of_its_table(graph: AssetGraph, declared: Declared):
    nodes = declared.manifest["nodes"].values()
    tests = [n for n in nodes if n["resource_type"] == "test" and n.get("attached_node")]
    names = {key.name for key in graph.asset_check_keys}

    assert tests
    assert {test["name"] for test in tests} <= names


def test_only_the_verdict_blocks_and_only_as_a_convenience(graph: AssetGraph):
    blocking = {key for key in graph.asset_check_keys if graph.get(key).blocking}

    assert blocking == {MAY_GO}


def test_nothing_is_handed_from_step_to_step_in_memory(job: dg.JobDefinition, graph: AssetGraph):
    checks = {
        f"{key.asset_key.to_python_identifier()}_{key.name}" for key in graph.asset_check_keys
    }
    outputs = [out for node in job.nodes for out in node.definition.output_defs]

    assert outputs
    assert {out.name for out in outputs if not out.dagster_type.is_nothing} <= checks


def test_the_job_is_the_whole_flow_in_one_process(job: dg.JobDefinition, graph: AssetGraph):
    assert {node.name for node in job.nodes} == {"landed", "transformed", "judged", "published"}
    assert job.executor_def is dg.in_process_executor
    assert job.asset_layer.executable_asset_keys == graph.executable_asset_keys


def test_the_table_of_contents_names_schedule_and_sensors(definitions: dg.Definitions):
    assert [schedule.name for schedule in definitions.schedules or ()] == ["daily_schedule"]
    assert {s.name for s in definitions.sensors or ()} == {"inbox_sensor", "run_failure_alert"}


def test_loading_imports_neither_great_expectations_nor_dbt_and_writes_no_ledger(
    home: Path, declared: Declared
):
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, pipelines.definitions as d; d.defs(); print(*sys.modules)",
        ],
        cwd=REPOSITORY,
        env={"KPI_HOME": str(home), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    heavy = {"great_expectations", "dbt.cli.main", "duckdb", "pandas"}
    assert not heavy & set(loaded.stdout.split())
    assert not (home / "ledger.db").exists()


def test_the_workspace_opens_the_definitions():
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]

    assert location["python_module"]["module_name"] == "pipelines.definitions"


def test_the_instance_keeps_to_itself_runs_one_at_a_time_and_retries_nothing(
    tmp_path: Path,
):
    settings = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))

    with instance_for_test(temp_dir=str(tmp_path), overrides=settings) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert instance.run_monitoring_enabled
        assert not instance.run_retries_enabled
        assert not instance.run_retries_max_retries
