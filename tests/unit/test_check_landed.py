"""Suites on new landings: who is set aside, and what is remembered of the answers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_run import LANDED_SUITE, Agreeable, MadeRun, holds, land, make_run, write_json

from expectations.validate import Answer
from pipelines.accepted import accepted_landings, current_landings
from pipelines.check.landed import (
    answers_in_ledger,
    asked_anew,
    check_landings,
    checked_events,
    expected_landed_checks,
    not_yet_asked,
)
from pipelines.check.result import CheckResult
from pipelines.land.landing import Landing

NEGATIVE = "suite:shop__orders:2:expect_column_values_to_be_between:amount"


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    return make_run(tmp_path)


class Strict(Agreeable):
    """Answers that a landing holds only if its file is not named bad."""

    def __init__(self, bad: set[str]) -> None:
        super().__init__()
        self.bad = bad

    def collect(self, name: str, timeout: float = 0) -> list[Answer]:
        answers = super().collect(name, timeout)
        _, table, _ = self.asked[int(name)]
        wrong = len(self.bad & set(table["parquet"]))
        if wrong:
            answers[1] = Answer(1, False, None, 50.0, 3, wrong, ("_row_number=2",))
        return answers


def more(made: MadeRun, *files: str) -> list[Landing]:
    return [
        land(made, file, datetime(2026, 6, n, tzinfo=UTC), (n,)) for n, file in enumerate(files, 1)
    ]


def ask(
    made: MadeRun, worker: Agreeable, landings: list[Landing]
) -> tuple[dict[str, CheckResult], dict[str, str]]:
    results, aside = check_landings(made.settings, made.streams, landings, worker)  # type: ignore[arg-type]
    assert len({result.id for result in results}) == len(results)
    return {result.id: result for result in results}, aside


def path_of(made: MadeRun, landing: Landing) -> str:
    return str(made.settings.landed / landing.parquet)


def test_all_new_landings_of_a_stream_are_asked_in_one_go(made: MadeRun) -> None:
    worker = Strict(set())

    results, aside = ask(made, worker, more(made, "a.csv", "b.csv"))

    assert len(worker.asked) == 1
    assert worker.asked[0][2] == {"rows": 2}
    assert {result.verdict for result in results.values()} == {"pass"}
    assert aside == {}


def test_only_the_bad_landing_is_set_aside_and_the_others_pass(made: MadeRun) -> None:
    good, bad, fine = more(made, "a.csv", "bad.csv", "c.csv")

    results, aside = ask(made, Strict({path_of(made, bad)}), [good, bad, fine])

    assert set(aside) == {bad.landing_id}
    assert "Is every amount zero or more? No: 1 rows" in aside[bad.landing_id]
    assert results[NEGATIVE].verdict == "pass"


def test_where_every_landing_is_bad_the_answers_say_so(made: MadeRun) -> None:
    bad, worse = more(made, "a.csv", "b.csv")

    results, aside = ask(made, Strict({path_of(made, n) for n in (bad, worse)}), [bad, worse])

    assert set(aside) == {bad.landing_id, worse.landing_id}
    assert (results[NEGATIVE].verdict, results[NEGATIVE].rows) == ("fail", 2)


def test_a_dead_worker_sets_nothing_aside_and_is_asked_again(made: MadeRun) -> None:
    landings = more(made, "a.csv")
    worker = Agreeable(broken="the worker died")

    results, aside = ask(made, worker, landings)

    assert {result.verdict for result in results.values()} == {"error"}
    assert aside == {}
    assert checked_events(made.settings, landings, list(results.values()), aside) == []


def test_an_export_without_rows_is_asked_nothing(made: MadeRun) -> None:
    (empty,) = more(made, "a.csv")
    nothing = Landing.from_payload({**empty.to_payload(), "rows_landed": 0})
    worker = Agreeable()

    results, aside = ask(made, worker, [nothing])

    assert (results, aside, worker.asked) == ({}, {}, [])
    assert expected_landed_checks(made.settings, [nothing]) == []


def test_a_landing_is_asked_once(made: MadeRun) -> None:
    more(made, "a.csv")

    assert not_yet_asked(made.settings, made.ledger, made.landings) == []


def test_a_changed_suite_asks_its_landings_again(made: MadeRun) -> None:
    changed = {**LANDED_SUITE, "key": ["_row_number"]}
    write_json(made.settings.project / "expectations" / "suites" / "shop__orders.json", changed)

    assert not_yet_asked(made.settings, made.ledger, made.landings) == made.landings
    found = answers_in_ledger(made.settings, made.streams, made.landings, made.ledger)
    assert {result.verdict for result in found} == {"error"}


def test_a_landing_that_a_suite_refused_is_asked_anew_once_the_suite_is_mended(
    made: MadeRun,
) -> None:
    [bad] = more(made, "bad.csv")
    results, aside = check_landings(
        made.settings,
        made.streams,
        [bad],
        Strict({path_of(made, bad)}),  # type: ignore[arg-type]
    )
    made.ledger.append_many(checked_events(made.settings, [bad], results, aside))
    assert bad not in accepted_landings(made.ledger, made.streams)
    current = current_landings(made.ledger, made.streams)
    assert asked_anew(made.settings, made.ledger, current) == []

    changed = {**LANDED_SUITE, "key": ["_row_number"]}
    write_json(made.settings.project / "expectations" / "suites" / "shop__orders.json", changed)
    made.ledger.append_many(asked_anew(made.settings, made.ledger, current))

    accepted = accepted_landings(made.ledger, made.streams)
    assert bad in accepted
    assert bad in not_yet_asked(made.settings, made.ledger, accepted)
    assert asked_anew(made.settings, made.ledger, current) == []


def test_the_answers_of_all_accepted_landings_stand_for_the_run(made: MadeRun) -> None:
    warned = Answer(1, False, None, 1.0, 3, 2, ("_row_number=5",))
    more(made, "a.csv")
    made.worker.answers["shop__orders"] = [holds(0), warned]
    document = {**LANDED_SUITE}
    document["expectations"] = [
        document["expectations"][0],  # type: ignore[index]
        {**document["expectations"][1], "severity": "warn"},  # type: ignore[index]
    ]
    suites = made.settings.project / "expectations" / "suites"
    write_json(suites / "shop__orders.json", document)
    for landing in made.landings:
        results, aside = check_landings(
            made.settings,
            made.streams,
            [landing],
            made.worker,  # type: ignore[arg-type]
        )
        events = checked_events(made.settings, [landing], results, aside)
        made.ledger.append_many(events)

    found = answers_in_ledger(made.settings, made.streams, made.landings, made.ledger)

    assert [result.id for result in found] == expected_landed_checks(made.settings, made.landings)
    assert [(result.verdict, result.rows) for result in found] == [("pass", 0), ("warn", 4)]


def test_a_landing_that_was_never_asked_is_an_error_of_the_run(made: MadeRun) -> None:
    unasked = Landing.from_payload({**made.landings[0].to_payload(), "landing_id": "e" * 64})

    found = answers_in_ledger(made.settings, made.streams, [unasked], made.ledger)

    assert {result.verdict for result in found} == {"error"}
    assert "never asked" in found[0].evidence["problem"]
