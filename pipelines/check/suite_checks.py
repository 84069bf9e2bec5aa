"""Turns a suite's answers into check results, one for each expectation, whatever happened.

Belongs here: what an answer means. Does not belong here: which tables are asked (`landed.py`,
`candidate.py`) and how the worker is talked to (`expectations/validate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from expectations.suites import Expectation, Suite
from expectations.validate import Answer, ExpectationsWorker, WorkerError
from pipelines.check.result import CheckResult, crashed, judged

PATIENCE_SECONDS = 300.0


def collect(
    worker: ExpectationsWorker, asked: str, suite: Suite, owner: str = ""
) -> list[CheckResult]:
    """The results of a suite that was submitted as `asked`; a missing answer is an error."""
    return results_of(suite, lambda: worker.collect(asked, PATIENCE_SECONDS), owner)


def results_of(
    suite: Suite, answers: Callable[[], Sequence[Answer]], owner: str = ""
) -> list[CheckResult]:
    """One result per expectation, in the suite's order."""
    try:
        given = answers()
    except WorkerError as error:
        return refused(suite, str(error), owner)
    if [answer.index for answer in given] != list(range(len(suite.expectations))):
        return refused(
            suite, f"{len(suite.expectations)} questions but {len(given)} answers", owner
        )
    return [
        _result(suite, check_id, expectation, answer, owner)
        for check_id, expectation, answer in zip(
            suite.check_ids, suite.expectations, given, strict=True
        )
    ]


def refused(suite: Suite, why: str, owner: str = "") -> list[CheckResult]:
    """Every question of a suite unanswered, for one reason."""
    return [
        crashed(
            check_id,
            expectation.asks,
            why,
            severity=expectation.severity,
            table=suite.table,
            owner=owner,
            look=f"{suite.file.name}; then run again: nothing is known about these rows.",
        )
        for check_id, expectation in zip(suite.check_ids, suite.expectations, strict=True)
    ]


def _result(
    suite: Suite, check_id: str, expectation: Expectation, answer: Answer, owner: str
) -> CheckResult:
    if answer.exception is not None:
        return crashed(
            check_id,
            expectation.asks,
            answer.exception,
            severity=expectation.severity,
            table=suite.table,
            owner=owner,
            look=f"Mend {suite.file.name}: the question does not fit the table.",
        )
    saw_nothing = answer.looked_at == 0 and expectation.when_nothing == "fail"
    evidence: dict[str, object] = {"observed": answer.observed}
    if saw_nothing:
        evidence["problem"] = "there was no value to look at: every one is empty"
    return CheckResult(
        id=check_id,
        asked=expectation.asks,
        verdict=judged(not answer.success or saw_nothing, expectation.severity),
        severity=expectation.severity,
        table=suite.table,
        rows=answer.unexpected_count,
        sample=answer.sample,
        threshold=threshold(expectation),
        owner=owner,
        evidence=evidence,
        look=expectation.notes,
    )


def threshold(expectation: Expectation) -> str:
    """The bounds of an expectation as people read them."""
    kwargs = expectation.kwargs
    said = [
        f"{word} {kwargs[key]}"
        for key, word in (("min_value", "at least"), ("max_value", "at most"), ("mostly", "share"))
        if key in kwargs
    ]
    if "value_set" in kwargs:
        said.append("one of " + ", ".join(str(value) for value in kwargs["value_set"]))
    if "row_condition" in kwargs:
        said.append(f"where {kwargs['row_condition']}")
    return ", ".join(said)
