"""How our checks' answers look in Dagster: one asset check for each table and kind of question.

Belongs here: gathering and severity. The single answers are in the check's metadata and, for
people, in `kpi checks`; a check for each would be hundreds of green marks that nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dagster as dg

from pipelines.check.result import CheckResult

CANDIDATE = dg.AssetKey(["candidate"])
KINDS = {
    "contract": ("contract_holds", "What landed is what the contract promises, row for row."),
    "freshness": ("exports_are_fresh", "The newest export is not older than the contract allows."),
    "suite": ("suite_holds", "The expectations about the table's rows hold."),
    "dbt": ("dbt_tests_hold", "Every model was built and every test of dbt was answered well."),
    "reconcile": ("sources_agree", "Sources that speak of the same thing give the same sum."),
    "plausible": ("is_plausible", "Nothing is outside of what can be true, by its own history."),
}
MOST_SHOWN = 20


def spec_of(kind: str, asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check that all questions of one kind about one table are gathered in.

    None blocks by itself: the steps after it must run, for the verdict names every reason at once.
    """
    name, description = KINDS[kind]
    return dg.AssetCheckSpec(name, asset=asset, description=description)


def asset_of(table: str) -> dg.AssetKey:
    """The asset of a table as `CheckResult` names it, `schema.table`."""
    return dg.AssetKey(table.split("."))


def gathered(
    results: Iterable[CheckResult], declared: Iterable[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """One Dagster result for each declared check that has answers.

    An answer about a table that has no such check, or none in Dagster, is shown at the candidate:
    no answer is lost.
    """
    known = set(declared)
    groups: dict[dg.AssetCheckKey, list[CheckResult]] = {}
    for result in results:
        name = KINDS[result.id.partition(":")[0]][0]
        key = dg.AssetCheckKey(asset_of(result.table), name) if result.table else None
        if key is None or key not in known:
            key = dg.AssetCheckKey(CANDIDATE, name)
        groups.setdefault(key, []).append(result)
    for key, answers in groups.items():
        if key in known:
            yield one_result(key, answers)


def one_result(key: dg.AssetCheckKey, answers: list[CheckResult]) -> dg.AssetCheckResult:
    """The worst of the answers, and what was asked."""
    bad = [answer for answer in answers if not answer.passed]
    stops = any(answer.stops_release for answer in bad)
    shown = sorted(bad, key=lambda answer: not answer.stops_release)[:MOST_SHOWN]
    said = f"{len(answers) - len(bad)} of {len(answers)} answers are as hoped for."
    metadata: dict[str, dg.MetadataValue] = {
        "asked": dg.MetadataValue.int(len(answers)),
        "not_passed": dg.MetadataValue.int(len(bad)),
    }
    if shown:
        metadata["answers"] = dg.MetadataValue.md("\n".join(map(_line, shown)))
        metadata["kpis"] = dg.MetadataValue.json(sorted({kpi for a in bad for kpi in a.kpis}))
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not bad,
        severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata=metadata,
    )


def _line(answer: CheckResult) -> str:
    facts = [
        f"{answer.rows} rows" if answer.rows is not None else "",
        f"allowed: {answer.threshold}" if answer.threshold else "",
        f"for example {'; '.join(answer.sample)}" if answer.sample else "",
        f"owner: {answer.owner}" if answer.owner else "",
        answer.look,
    ]
    known = ". ".join(fact for fact in facts if fact)
    return f"- **{answer.verdict}** `{answer.id}` {answer.asked} {known}"
