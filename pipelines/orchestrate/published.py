"""Step 6, publish: the candidate becomes the release that readers see, if its verdict says so."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from pipelines import flow
from pipelines.orchestrate.judged import VERDICT
from pipelines.orchestrate.step import run_to_judge, step

if TYPE_CHECKING:
    from pipelines.publish.release import Release

RELEASE = dg.AssetKey(["release"])


def build_published() -> dg.AssetsDefinition:
    """The release."""
    spec = dg.AssetSpec(
        RELEASE,
        group_name="publish",
        deps=[VERDICT],
        description="The mart that readers are served: whole, immutable, numbered.",
        kinds={"duckdb", "parquet"},
        skippable=True,
    )

    @dg.multi_asset(name="published", specs=[spec])
    def published(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[object]]:
        """Publish; the gate is in `flow.publish`, also when this asset alone is launched."""
        from pipelines.publish.release import NotPublishable

        with step(context) as pipeline:
            found = run_to_judge(pipeline)
            if found is None:
                context.log.info("Nothing new: the last run is already released.")
                return
            try:
                release = flow.publish(*found)
            except NotPublishable as refused:
                # Nothing changes by trying again: the candidate stays what it is.
                raise dg.Failure(
                    str(refused),
                    metadata={"reasons": list(refused.reasons)},
                    allow_retries=False,
                ) from refused
        yield _materialized(release)

    return published


def _materialized(release: "Release") -> dg.MaterializeResult[object]:
    definitions = json.loads((release.folder / "definitions.json").read_text(encoding="utf-8"))
    return dg.MaterializeResult(
        asset_key=RELEASE,
        metadata={
            "release": release.number,
            "run_id": release.run_id,
            "folder": dg.MetadataValue.path(str(release.folder)),
            "tables": len(release.tables),
            "kpis": len(definitions.get("kpis", ())),
            "checks_passed": release.checks_passed,
            "checks_total": release.checks_total,
        },
    )
