"""Step 5, check: what has to hold of the candidate is asked, and the verdict is written."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from pipelines import flow
from pipelines.orchestrate.answers import CANDIDATE, KINDS, MOST_SHOWN, asset_of, gathered, spec_of
from pipelines.orchestrate.declared import Declared
from pipelines.orchestrate.step import run_to_judge, step

if TYPE_CHECKING:
    from pipelines.check.gate import Verdict
    from pipelines.check.result import CheckResult

GROUP = "check"
VERDICT = dg.AssetKey(["verdict"])
OF_A_LANDED_TABLE = ("contract", "freshness", "plausible")
FIGURES = "kpi_mart.kpi_values"
RECONCILED = "kpi_mart.fct_ad_performance"
MAY_GO = dg.AssetCheckKey(VERDICT, "candidate_may_be_released")
Event = dg.MaterializeResult[object] | dg.AssetCheckResult


def build_judged(declared: Declared, assets: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The verdict, and the checks of the tables that it speaks of.

    Args:
        declared: contracts and suites say what is asked.
        assets: the tables there are; only those can carry checks.
    """
    verdict = dg.AssetSpec(
        VERDICT,
        group_name=GROUP,
        deps=[CANDIDATE],
        description="Every check that had to run, its answer, and the decision about the release.",
        kinds={"json"},
    )
    # The checks belong to tables of earlier steps but are answered here, once the candidate
    # is whole. Only the last one stops what comes after, and that is a convenience: publishing
    # refuses by itself, whatever Dagster was asked to launch.
    may_go = dg.AssetCheckSpec(
        MAY_GO.name,
        asset=VERDICT,
        description="No answer stops the release, and none is missing.",
        blocking=True,
    )

    @dg.multi_asset(
        name="judged",
        specs=[verdict],
        check_specs=[may_go, *_check_specs(declared, set(assets))],
        can_subset=True,
        allow_arbitrary_check_specs=True,
    )
    def judged(context: dg.AssetExecutionContext) -> Iterator[Event]:
        """Ask suites, reconciliations and plausibility of the candidate, and write the verdict."""
        if VERDICT not in context.selected_asset_keys:
            # Dagster adds a table's checks to a launch of that table alone.
            context.log.info("Nothing is asked without a verdict: launch the verdict for that.")
            return
        with step(context) as pipeline:
            found = run_to_judge(pipeline)
            if found is None:
                context.log.info("Nothing new: the last run is already released.")
                return
            with flow.start_worker(pipeline) as worker:
                decided = flow.check_candidate(*found, worker)
        # The suites of landed tables were answered when they landed, at the landed assets.
        fresh = [r for r in decided.results if not r.id.startswith("suite:") or not _is_landed(r)]
        yield from gathered(fresh, context.selected_asset_check_keys)
        yield _materialized(decided)
        if MAY_GO in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=VERDICT,
                check_name=MAY_GO.name,
                passed=decided.decision == "release",
                metadata={"reasons": dg.MetadataValue.md(_listed(decided.reasons))},
            )
        if decided.decision != "release":
            # With the reasons, for whoever is told that the run failed.
            raise dg.Failure(
                f"The gate holds run {decided.run_id}; the last release stays.\n"
                f"{_listed(decided.reasons[:MOST_SHOWN])}",
                metadata={"reasons": len(decided.reasons)},
                allow_retries=False,
            )

    return judged


def _check_specs(declared: Declared, assets: set[dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    specs = [spec_of(kind, CANDIDATE) for kind in KINDS]
    for table in declared.streams:
        specs += [spec_of(kind, asset_of(f"landed.{table}")) for kind in OF_A_LANDED_TABLE]
    wanted = [("suite", s.table) for s in declared.suites if s.stage == "candidate"]
    wanted += [("plausible", FIGURES), ("reconcile", RECONCILED)]
    wanted = [pair for pair in dict.fromkeys(wanted) if asset_of(pair[1]) in assets]
    return specs + [spec_of(kind, asset_of(table)) for kind, table in wanted]


def _materialized(verdict: "Verdict") -> dg.MaterializeResult[object]:
    return dg.MaterializeResult(
        asset_key=VERDICT,
        metadata={
            "decision": verdict.decision,
            "run_id": verdict.run_id,
            "checks_passed": verdict.passed,
            "checks_total": verdict.total,
            "candidate_sha256": verdict.candidate_sha256,
            "reasons": dg.MetadataValue.md(_listed(verdict.reasons)),
        },
    )


def _is_landed(result: "CheckResult") -> bool:
    return result.table.startswith("landed.")


def _listed(reasons: Iterable[str]) -> str:
    return "\n".join(f"- {reason}" for reason in reasons)
