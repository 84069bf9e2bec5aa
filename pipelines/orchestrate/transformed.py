"""Step 4, transform: dbt's models as assets, its tests as checks, and the candidate they make up.

dbt runs in this process, through the same function as in `kpi run`: starting its command line costs
ten seconds more for each run.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, build_dbt_asset_specs

# No public name: dagster-dbt makes these only of the output of a dbt command that it starts itself.
# requirements/run.in therefore holds it at 0.29.
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from pipelines import flow
from pipelines.orchestrate.answers import CANDIDATE
from pipelines.orchestrate.declared import Declared
from pipelines.orchestrate.step import step

GROUP = "transform"
RESULTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
Event = dg.Output[None] | dg.MaterializeResult[object] | dg.AssetCheckResult


class TableNames(DagsterDbtTranslator):
    """Names assets as tables are named, `schema/table`; a source is the landed asset itself."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and table."""
        table = dbt_resource_props.get("alias") or dbt_resource_props["identifier"]
        return dg.AssetKey([dbt_resource_props["schema"], table])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The step."""
        return GROUP

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """A test blocks nothing by itself, else no verdict would be written that names it."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(blocking=False) if spec else None


def build_transformed(declared: Declared) -> dg.AssetsDefinition:
    """Every model of dbt as an asset, and the candidate as the one that they all lead to."""
    names = TableNames()
    models = build_dbt_asset_specs(manifest=declared.manifest, dagster_dbt_translator=names)
    inner = {dep.asset_key for model in models for dep in model.deps}
    candidate = dg.AssetSpec(
        CANDIDATE,
        group_name=GROUP,
        deps=[model.key for model in models if model.key not in inner],
        description="The mart as the last run computed it. Nobody outside the run reads it.",
        kinds={"duckdb"},
    )

    checks = _check_specs(declared.manifest, names)
    tests = {unique_id: spec.key for unique_id, spec in checks.items()}

    # The candidate is always built whole; nothing is given at all when there is nothing new.
    @dg.multi_asset(
        name="transformed",
        specs=[*models, candidate],
        check_specs=list(checks.values()),
        can_subset=True,
    )
    def transformed(context: dg.AssetExecutionContext) -> Iterator[Event]:
        """Freeze what the run computes from, and let dbt build and test the candidate."""
        heard: list[dict[str, Any]] = []
        began = time.monotonic()
        with step(context) as pipeline:
            run = flow.freeze(pipeline)
            if run is None:
                context.log.info("Nothing new: the last release has these inputs, or none landed.")
                return
            flow.transform(pipeline, run, [lambda message: _keep_result(message, heard)])
        yield from _events(context, declared.manifest, names, tests, heard)
        if CANDIDATE in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=CANDIDATE,
                metadata={
                    "run_id": run.run_id,
                    "path": dg.MetadataValue.path(str(run.candidate)),
                    "bytes": run.candidate.stat().st_size,
                    "seconds": round(time.monotonic() - began, 1),
                    "dbt_nodes": len(heard),
                },
            )

    return transformed


def _check_specs(manifest: Mapping[str, Any], names: TableNames) -> dict[str, dg.AssetCheckSpec]:
    """The check of each test of one table; other tests are in the candidate's `dbt_tests_hold`."""
    specs = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "test":
            for parent in node["depends_on"]["nodes"]:
                asset = names.get_asset_spec(manifest, parent, None)
                spec = names.get_asset_check_spec(asset, manifest, unique_id, None)
                if spec is not None and parent.startswith("model."):
                    specs[unique_id] = spec
    return specs


def _keep_result(message: Any, heard: list[dict[str, Any]]) -> None:
    if message.info.name in RESULTS:
        from google.protobuf.json_format import MessageToDict

        heard.append(MessageToDict(message, preserving_proto_field_name=True))


def _events(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    names: TableNames,
    tests: Mapping[str, dg.AssetCheckKey],
    heard: list[dict[str, Any]],
) -> Iterator[Event]:
    """What dbt said, as Dagster's events; a test that it said nothing of has not passed."""
    unanswered = set(context.selected_asset_check_keys)
    outputs = context.op_execution_context.selected_output_names
    for raw in heard:
        unique_id = raw["data"]["node_info"]["unique_id"]
        is_test = unique_id.startswith(("test.", "unit_test."))
        if is_test and tests.get(unique_id) not in unanswered:
            continue
        said = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
        for event in said.to_default_asset_events(manifest, names, context):
            if isinstance(event, dg.AssetCheckResult):
                unanswered.discard(tests[unique_id])
                yield event
            elif isinstance(event, dg.Output) and event.output_name in outputs:
                yield event
    for key in sorted(unanswered, key=lambda key: key.to_user_string()):
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=False,
            description="dbt gave no answer: a model that it needs could not be built.",
        )
