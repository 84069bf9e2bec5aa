"""Asks everything that has to hold of a candidate, and of what it was computed from.

Belongs here: which questions there are, and that one which cannot be asked is an error and not a
gap. Does not belong here: the questions themselves (the modules it calls) and the decision
(`gate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from expectations.suites import Suite
from expectations.validate import ExpectationsWorker
from models.contract import Stream
from pipelines.check.contract_checks import check_contracts, expected_contract_checks
from pipelines.check.dbt_results import check_dbt, expected_dbt_checks
from pipelines.check.gaps import check_gaps, expected_gaps
from pipelines.check.landed import answers_in_ledger, expected_landed_checks, suites_of
from pipelines.check.lineage import Lineage
from pipelines.check.plausible import check_plausibility, expected_plausibility
from pipelines.check.reconcile import check_reconciliations, expected_reconciliations
from pipelines.check.restated import RESTATED, check_restated
from pipelines.check.result import CheckResult, crashed
from pipelines.check.suite_checks import collect
from pipelines.ledger import Ledger
from pipelines.run import Run
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.land.landing import Landing

READABLE = "plausible:the_candidate_is_readable"


def check_candidate(
    settings: Settings,
    run: Run,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
    ledger: Ledger,
    worker: ExpectationsWorker | None = None,
) -> list[CheckResult]:
    """Answer every question about a run: its landings, dbt's tests, suites, sources, figures."""
    if worker is None:
        with ExpectationsWorker(settings.project) as own:
            return check_candidate(settings, run, streams, landings, ledger, own)
    lineage = Lineage.of_file(run.dbt_target / "manifest.json")
    asked = _submit_suites(settings, run, worker)
    results = check_contracts(settings, streams, landings, ledger, lineage)
    results += [
        answer.concerning(lineage.kpis_of_landed(answer.table.partition(".")[2]))
        for answer in answers_in_ledger(settings, streams, landings, ledger)
    ]
    results += check_dbt(run, {landing.table for landing in landings})
    results += _asked_of_the_figures(
        run,
        lambda candidate: [
            *check_reconciliations(candidate, lineage),
            *check_plausibility(candidate, streams, landings, lineage),
            *check_gaps(candidate, streams, landings, lineage),
            check_restated(candidate, settings, run),
        ],
    )
    for suite, name in asked:
        kpis = lineage.kpis_of_table(suite.table)
        results += [answer.concerning(kpis) for answer in collect(worker, name, suite)]
    return results


def expected_checks(
    settings: Settings,
    run: Run,
    streams: Mapping[str, Stream],
    landings: Sequence[Landing],
) -> list[str]:
    """The names of all questions that have to be answered before this candidate is published.

    It is computed from what the run has to do with, never from what was answered, and once more by
    publishing: so that a question cannot be lost on the way.
    """
    known = [landing for landing in landings if landing.table in streams]
    expected = expected_contract_checks(known)
    expected += expected_landed_checks(settings, known)
    expected += expected_dbt_checks(run, {landing.table for landing in known})
    try:
        with open_candidate(run) as candidate:
            expected += expected_reconciliations(candidate)
            expected += expected_plausibility(candidate, known)
            expected += [*expected_gaps(streams, known), RESTATED]
            rows = {s.name: rows_of(candidate, s.table) for s in suites_of(settings, "candidate")}
    except duckdb.Error:
        return sorted([*expected, READABLE])
    for suite in suites_of(settings, "candidate"):
        if not (rows[suite.name] == 0 and suite.when_empty == "skip"):
            expected += suite.check_ids
    return sorted(expected)


@contextmanager
def open_candidate(run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """The run's candidate, to be read only."""
    with duckdb.connect(
        str(run.candidate),
        read_only=True,
        config={"autoload_known_extensions": False, "autoinstall_known_extensions": False},
    ) as connection:
        yield connection


def rows_of(candidate: duckdb.DuckDBPyConnection, table: str) -> int | None:
    """How many rows a table has; None where there is no such table."""
    try:
        found = candidate.execute(f"select count(*) from {table}").fetchone()
    except duckdb.CatalogException:
        return None
    return int(found[0]) if found else None


def _submit_suites(
    settings: Settings, run: Run, worker: ExpectationsWorker
) -> list[tuple[Suite, str]]:
    """Ask the suites of the candidate; of a table that is not there too, which is then an error."""
    suites = suites_of(settings, "candidate")
    try:
        with open_candidate(run) as candidate:
            rows = {suite.name: rows_of(candidate, suite.table) for suite in suites}
    except duckdb.Error:
        return []
    return [
        (
            suite,
            worker.submit(
                suite,
                {"duckdb": str(run.candidate), "table": suite.table},
                {"rows": rows[suite.name] or 0},
            ),
        )
        for suite in suites
        if not (rows[suite.name] == 0 and suite.when_empty == "skip")
    ]


def _asked_of_the_figures(
    run: Run, ask: Callable[[duckdb.DuckDBPyConnection], list[CheckResult]]
) -> list[CheckResult]:
    """Questions to the candidate; one that cannot be read answers nothing, and says so."""
    try:
        with open_candidate(run) as candidate:
            return ask(candidate)
    except duckdb.Error as error:
        return [
            crashed(
                READABLE,
                "Can the candidate's figures be read?",
                f"{type(error).__name__}: {error}",
                look="dbt stopped before the KPI tables were there: see the first model's error.",
            )
        ]
