"""Asks the suites of what has landed, and names the landings that have to be set aside.

A suite holds of each landing by itself. All new landings of a stream are asked in one go; only when
that fails is each asked alone, so that one bad export neither blocks the others nor leaks into
figures. The answers go into the ledger: a landing is asked once, not in every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite, load_suites
from expectations.validate import ExpectationsWorker
from models.contract import Stream
from pipelines.check.contract_checks import by_table, landed_file
from pipelines.check.result import CheckResult
from pipelines.check.suite_checks import collect, refused
from pipelines.ledger import Ledger
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

WORST_FIRST = ("error", "fail", "warn", "pass")


def suites_of(settings: Settings, stage: str) -> tuple[Suite, ...]:
    """The suites asked at a stage.

    Raises:
        expectations.suites.SuiteError: a suite cannot be used.
    """
    suites = load_suites(settings.project / "expectations" / "suites")
    return tuple(suite for suite in suites if suite.stage == stage)


def check_landings(
    settings: Settings,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    worker: ExpectationsWorker | None = None,
) -> tuple[list[CheckResult], dict[str, str]]:
    """Ask every suite of the landings it is about.

    Returns:
        The results of the landings that may stay (one per expectation of a suite), and why which
        landing has to be set aside. Where no landing of a stream may stay, the results are those of
        the bad ones. Where nobody could answer, nothing is set aside.
    """
    if worker is None:
        with ExpectationsWorker(settings.project) as own:
            return check_landings(settings, streams, landings, own)
    grouped = by_table([landing for landing in landings if landing.rows_landed])
    asked = [
        (suite, grouped[suite.landed_table], _submit(settings, worker, suite, batch))
        for suite in suites_of(settings, "landed")
        if (batch := grouped.get(suite.landed_table))
    ]
    results: list[CheckResult] = []
    aside: dict[str, str] = {}
    for suite, batch, name in asked:
        owner = streams[suite.landed_table].owner.email
        answers = collect(worker, name, suite, owner)
        if any(answer.stops_release for answer in answers):
            answers, found = _one_by_one(settings, worker, suite, batch, owner)
            aside |= found
        results += answers
    return results, aside


def not_yet_asked(settings: Settings, ledger: Ledger, landings: Sequence[Landing]) -> list[Landing]:
    """The landings whose suite, as it is today, was never answered."""
    asked = {
        key for event in ledger.events("landings_checked") for key in event.payload["landings"]
    }
    suites = suite_digests(settings)
    return [landing for landing in landings if _key(landing, suites) not in asked]


def asked_anew(
    settings: Settings, ledger: Ledger, landings: Sequence[Landing]
) -> list[tuple[str, str, dict[str, Any]]]:
    """What goes into the ledger of landings that a suite refused which has been changed since.

    Args:
        settings: where the suites are.
        ledger: which landings were set aside, and by which suite.
        landings: all under today's contracts.
    """
    suites = suite_digests(settings)
    tables = {landing.landing_id: landing.table for landing in landings}
    said = {
        e.subject: e.payload
        for e in ledger.events("landing_set_aside")
        if not e.payload.get("code")
    }
    return [
        ("landing_set_aside", landing_id, {"reason": "its suite was changed", "withdrawn": True})
        for landing_id, payload in said.items()
        if landing_id in tables
        and payload.get("suite")
        and payload["suite"] != suites.get(tables[landing_id], "-")
    ]


def checked_events(
    settings: Settings,
    landings: Sequence[Landing],
    results: Sequence[CheckResult],
    set_aside: Mapping[str, str],
) -> list[tuple[str, str, dict[str, Any]]]:
    """What goes into the ledger of a round of `check_landings`.

    A landing whose questions could not be answered is left out: the next run asks again.
    """
    suites = suite_digests(settings)
    tables = {landing.landing_id: landing.table for landing in landings}
    events: list[tuple[str, str, dict[str, Any]]] = [
        (
            "landing_set_aside",
            landing_id,
            {"reason": reason, "suite": suites.get(tables[landing_id], "")},
        )
        for landing_id, reason in set_aside.items()
    ]
    for table, batch in by_table(landings).items():
        answers = [result for result in results if result.table == f"landed.{table}"]
        if any(answer.verdict == "error" for answer in answers):
            continue
        payload = {
            "landings": [_key(landing, suites) for landing in batch],
            "results": [answer.to_document() for answer in answers],
        }
        events.append(("landings_checked", table, payload))
    return events


def answers_in_ledger(
    settings: Settings, streams: Mapping[str, Stream], landings: Sequence[Landing], ledger: Ledger
) -> list[CheckResult]:
    """What the suites said of the accepted landings of a run, whenever they were asked.

    A landing that was never asked makes every question of its suite an error.
    """
    suites = suites_of(settings, "landed")
    digests = suite_digests(settings)
    results: list[CheckResult] = []
    for suite, batch in _owed(suites, landings):
        keys = {_key(landing, digests) for landing in batch}
        answered: dict[str, list[CheckResult]] = {}
        for event in ledger.events("landings_checked", suite.landed_table):
            documents = [CheckResult.from_document(each) for each in event.payload["results"]]
            answered |= {key: documents for key in event.payload["landings"] if key in keys}
        owner = streams[suite.landed_table].owner.email
        unasked = sorted(n.file for n in batch if not answered.get(_key(n, digests)))
        if unasked:
            results += refused(suite, f"the suite was never asked of {unasked[0]}", owner)
        else:
            results += _worst(suite, [answered[key] for key in sorted(keys)])
    return results


def expected_landed_checks(settings: Settings, landings: Sequence[Landing]) -> list[str]:
    """The names of the questions that have to be answered for these accepted landings."""
    owed = _owed(suites_of(settings, "landed"), landings)
    return [check_id for suite, _ in owed for check_id in suite.check_ids]


def suite_digests(settings: Settings) -> dict[str, str]:
    """Identity of what the suites ask of each stream, so that a changed suite asks again."""
    said: dict[str, list[object]] = {}
    for suite in suites_of(settings, "landed"):
        said.setdefault(suite.landed_table, []).append(suite.model_dump(mode="json"))
    return {
        table: hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        for table, asked in said.items()
    }


def _owed(
    suites: Sequence[Suite], landings: Sequence[Landing]
) -> list[tuple[Suite, list[Landing]]]:
    grouped = by_table([landing for landing in landings if landing.rows_landed])
    owed = [suite for suite in suites if suite.landed_table in grouped]
    return [(suite, grouped[suite.landed_table]) for suite in owed]


def _one_by_one(
    settings: Settings,
    worker: ExpectationsWorker,
    suite: Suite,
    batch: Sequence[Landing],
    owner: str,
) -> tuple[list[CheckResult], dict[str, str]]:
    """Ask each landing alone; those that fail are to be set aside, with the reason."""
    asked = [(n, _submit(settings, worker, suite, [n])) for n in batch]
    answers = {n.landing_id: collect(worker, name, suite, owner) for n, name in asked}
    unknown = [found for found in answers.values() if any(a.verdict == "error" for a in found)]
    if unknown:
        return _worst(suite, list(answers.values())), {}
    bad = {
        landing_id: "; ".join(
            f"{answer.asked} No: {answer.rows or 'the table'}{' rows' if answer.rows else ''}"
            for answer in found
            if answer.stops_release
        )
        for landing_id, found in answers.items()
        if any(answer.stops_release for answer in found)
    }
    staying = [found for landing_id, found in answers.items() if landing_id not in bad]
    return _worst(suite, staying or list(answers.values())), bad


def _submit(
    settings: Settings, worker: ExpectationsWorker, suite: Suite, batch: Sequence[Landing]
) -> str:
    files = [str(landed_file(settings, landing)) for landing in batch]
    rows = sum(landing.rows_landed for landing in batch)
    return worker.submit(suite, {"parquet": files}, {"rows": rows})


def _worst(suite: Suite, answers: Sequence[Sequence[CheckResult]]) -> list[CheckResult]:
    """For each question the worst of several answers, with the failing rows of all."""
    merged: list[CheckResult] = []
    for check_id in suite.check_ids:
        given = [answer for batch in answers for answer in batch if answer.id == check_id]
        worst = min(given, key=lambda answer: WORST_FIRST.index(answer.verdict))
        counts = [answer.rows for answer in {id(a): a for a in given}.values() if answer.rows]
        merged.append(replace(worst, rows=sum(counts) if counts else worst.rows))
    return merged


def _key(landing: Landing, suites: Mapping[str, str]) -> str:
    suite = suites.get(landing.table, "-")
    return f"{landing.landing_id}:{landing.contract_digest}:{suite}"
