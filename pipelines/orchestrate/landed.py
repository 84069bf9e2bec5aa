"""Steps 1 to 3, notice, land, check what landed: an asset per stream, made from its contract."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from models.contract import Stream
from pipelines import flow
from pipelines.landed_sources import FACTS
from pipelines.orchestrate.answers import asset_of, gathered, spec_of
from pipelines.orchestrate.declared import Declared
from pipelines.orchestrate.step import step

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

GROUP = "land"
Event = dg.MaterializeResult[object] | dg.AssetCheckResult


def build_landed(declared: Declared) -> dg.AssetsDefinition:
    """The asset of every stream, of the list of landings, and the suites of what landed.

    One step for all of them: one look at the inbox takes whatever is there, and nothing that landed
    goes on without having been asked.
    """
    specs = [_spec(stream) for stream in declared.streams.values()]
    facts = [
        dg.AssetSpec(
            asset_of(f"landed.{name}"),
            group_name=GROUP,
            description=table.description,
            kinds={"duckdb"},
        )
        for name, table in FACTS.items()
    ]

    # Without a suite asked there is no answer to give, so that no output is obligatory; a stream's
    # asset is given each time all the same.
    @dg.multi_asset(
        name="landed",
        specs=[*specs, *facts],
        check_specs=[spec_of("suite", asset_of(table)) for table in _tables_with_suites(declared)],
        can_subset=True,
    )
    def landed(context: dg.AssetExecutionContext) -> Iterator[Event]:
        """Take in what is new in the inbox and ask the suites of it."""
        with step(context) as pipeline, flow.start_worker(pipeline) as worker:
            news = flow.land(pipeline)
            results = flow.check_landed(pipeline, worker)
            accepted = flow.accepted_landings(pipeline)
        for file in news.quarantined:
            context.log.warning(f"{file.file} was set aside ({file.code}). {file.remedy}")
        wanted = context.selected_asset_keys
        for stream in declared.streams.values():
            if asset_of(f"landed.{stream.table}") in wanted:
                yield _materialized(stream, accepted, news)
        for spec in facts:
            if spec.key in wanted:
                count = {"accepted_landings": len(accepted)}
                yield dg.MaterializeResult(asset_key=spec.key, metadata=count)
        yield from gathered(results, context.selected_asset_check_keys)

    return landed


def _spec(stream: Stream) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_of(f"landed.{stream.table}"),
        group_name=GROUP,
        owners=[f"team:{stream.owner.team}", stream.owner.email],
        description=stream.description,
        kinds={"parquet"},
        tags={"source": stream.source, "family": stream.family},
        metadata={
            "load_rule": stream.load.rule,
            "key": ", ".join(stream.key),
            "contract": f"{stream.file.parent.name}/{stream.file.name}:{stream.line}",
        },
    )


def _tables_with_suites(declared: Declared) -> list[str]:
    asked = {suite.table for suite in declared.suites if suite.stage == "landed"}
    return sorted(asked & {f"landed.{table}" for table in declared.streams})


def _materialized(
    stream: Stream, accepted: Iterable["Landing"], news: flow.Landed
) -> dg.MaterializeResult[object]:
    of_stream = [landing for landing in accepted if landing.table == stream.table]
    kept = {landing.landing_id for landing in of_stream}
    new = [landing for landing in news.landings if landing.table == stream.table]
    covered = [landing.covered_to for landing in of_stream if landing.covered_to]
    return dg.MaterializeResult(
        asset_key=asset_of(f"landed.{stream.table}"),
        metadata={
            "dagster/row_count": sum(landing.rows_landed for landing in of_stream),
            "exports_accepted": len(of_stream),
            "exports_new": len(new),
            "exports_set_aside_now": sum(landing.landing_id not in kept for landing in new),
            "rows_quarantined": sum(landing.rows_quarantined for landing in of_stream),
            "rows_skipped": sum(sum(n.rows_skipped.values()) for n in of_stream),
            "covered_to": max(covered).isoformat() if covered else "",
            "new_files": [landing.file for landing in new],
        },
    )
