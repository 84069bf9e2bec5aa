"""The decision: what holds a release, what does not, and what the verdict binds."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_run import MadeRun, make_run

from pipelines.check.gate import Verdict, expected_checks, objections
from pipelines.check.result import CheckResult, crashed, judged


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeRun]:
    yield make_run(tmp_path)


def result(check_id: str = "a", verdict: str = "pass", severity: str = "block") -> CheckResult:
    return CheckResult(check_id, "Does it hold?", verdict, severity)  # type: ignore[arg-type]


def test_a_run_in_which_everything_holds_is_released(made: MadeRun) -> None:
    verdict = made.judge()

    assert (verdict.decision, verdict.reasons) == ("release", ())
    assert verdict.passed == verdict.total == len(verdict.expected)
    assert {each.id for each in verdict.results} == set(verdict.expected)


def test_the_verdict_is_bound_to_the_candidate_the_inputs_and_the_ledger(made: MadeRun) -> None:
    verdict = made.judge()

    candidate = hashlib.sha256(made.run.candidate.read_bytes()).hexdigest()
    document = json.loads(made.run.verdict.read_text())
    event = made.ledger.latest("verdict", made.run.run_id)
    assert event is not None
    assert verdict.candidate_sha256 == document["candidate_sha256"] == candidate
    assert document["inputs_digest"] == json.loads(made.run.manifest.read_text())["inputs_digest"]
    assert (
        event.payload["verdict_sha256"] == hashlib.sha256(made.run.verdict.read_bytes()).hexdigest()
    )
    assert event.payload["decision"] == "release"
    assert made.run.candidate.stat().st_mode & 0o222 == 0


def test_a_verdict_reads_back_as_it_was_written(made: MadeRun) -> None:
    verdict = made.judge()

    again = Verdict.from_document(json.loads(made.run.verdict.read_text()))

    assert again.to_document() == verdict.to_document()
    assert again.concerning("revenue")


@pytest.mark.parametrize(
    ("verdict", "severity", "stops"),
    [
        ("pass", "block", False),
        ("pass", "warn", False),
        ("warn", "block", False),
        ("warn", "warn", False),
        ("fail", "block", True),
        ("fail", "warn", False),
        ("error", "block", True),
        ("error", "warn", True),
    ],
)
def test_what_stops_a_release(verdict: str, severity: str, stops: bool) -> None:
    assert bool(objections(["a"], [result("a", verdict, severity)])) == stops


def test_a_failed_warning_is_published_as_a_warning() -> None:
    assert judged(True, "warn") == "warn"
    assert judged(True, "block") == "fail"
    assert judged(False, "block") == "pass"


def test_a_check_that_was_not_answered_holds_the_release() -> None:
    assert objections(["a", "b"], [result("a")]) == ["b was not answered"]


def test_a_check_that_was_answered_twice_holds_the_release() -> None:
    assert objections(["a"], [result("a"), result("a")]) == ["a was answered 2 times"]


def test_two_checks_of_one_name_hold_the_release() -> None:
    assert objections(["a", "a"], [result("a")])


def test_no_check_at_all_holds_the_release() -> None:
    assert objections([], [])


def test_an_answer_nobody_expected_counts_too() -> None:
    assert objections(["a"], [result("a"), result("b", "fail")])
    assert not objections(["a"], [result("a"), result("b", "warn")])


def test_a_reason_says_what_where_how_much_and_which() -> None:
    failed = replace(
        result("suite:x", "fail"), table="kpi_mart.x", rows=3, sample=("id=7",), kpis=("revenue",)
    )

    assert objections(["suite:x"], [failed]) == [
        "Does it hold? No in kpi_mart.x, 3 rows, such as id=7 (suite:x)"
    ]
    assert objections(["b"], [crashed("b", "Is it so?", "no memory")]) == [
        "Is it so? Nobody knows: no memory (b)"
    ]


def test_a_dead_worker_holds_the_release(made: MadeRun) -> None:
    made.worker.broken = "the worker died"

    verdict = made.judge()

    assert verdict.decision == "hold"
    assert all("the worker died" in reason for reason in verdict.reasons)


def test_a_missing_candidate_holds_the_release(made: MadeRun) -> None:
    made.run.candidate.unlink()

    verdict = made.judge()

    assert verdict.decision == "hold"
    assert any("there is no candidate" in reason for reason in verdict.reasons)


def test_a_log_beside_the_candidate_holds_the_release(made: MadeRun) -> None:
    results = made.check()
    made.run.candidate.with_name("candidate.duckdb.wal").write_bytes(b"rows nobody checked")

    verdict = made.judge(results)

    assert verdict.decision == "hold"
    assert "candidate.duckdb.wal" in verdict.reasons[0]


def test_an_empty_table_is_asked_unless_its_suite_says_to_skip_it(made: MadeRun) -> None:
    made.change_candidate("delete from kpi_mart.kpi_values")
    expected = expected_checks(made.settings, made.run, made.streams, made.landings)
    assert any(check_id.startswith("suite:kpi_values:") for check_id in expected)

    suite = made.settings.project / "expectations" / "suites" / "kpi_values.json"
    suite.write_text(suite.read_text().replace('"when_empty": "fail"', '"when_empty": "skip"'))
    expected = expected_checks(made.settings, made.run, made.streams, made.landings)
    assert not any(check_id.startswith("suite:kpi_values:") for check_id in expected)
    assert {each.id for each in made.check()} == set(expected)


def test_what_is_expected_is_the_same_whenever_it_is_asked(made: MadeRun) -> None:
    def asked() -> list[str]:
        return expected_checks(made.settings, made.run, made.streams, made.landings)

    assert asked() == asked() == sorted(asked())


def test_an_answer_of_another_shape_is_refused() -> None:
    document = result().to_document()

    with pytest.raises(ValueError, match="differs in"):
        CheckResult.from_document({**document, "surprise": 1})
    with pytest.raises(ValueError, match="verdict"):
        CheckResult.from_document({**document, "verdict": "fine"})
    with pytest.raises(ValueError, match="severity"):
        CheckResult.from_document({**document, "severity": "low"})
    with pytest.raises(ValueError, match="not shaped like a verdict"):
        Verdict.from_document({"run_id": "x"})


def test_evidence_holds_nothing_that_the_ledger_refuses(made: MadeRun) -> None:
    from datetime import date
    from decimal import Decimal

    import numpy as np

    evidence = {
        "half": 0.5,
        "none": None,
        "nan": float("nan"),
        "money": Decimal("1.50"),
        "day": date(2026, 1, 2),
        "array": [np.int64(7), np.float64(2.5)],
        "nested": {1: {"x"}},
    }
    document = replace(result(), evidence=evidence).to_document()

    made.ledger.append("verdict", "made", document)
    assert document["evidence"] == {
        "half": "0.5",
        "none": None,
        "nan": "nan",
        "money": "1.50",
        "day": "2026-01-02",
        "array": [7, "2.5"],
        "nested": {"1": ["x"]},
    }
