"""Suites, and Great Expectations in its real worker process."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from os import kill
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_run import ANCHOR, LANDED_SUITE, write_json

from expectations.suites import Suite, SuiteError, load_suite, load_suites
from expectations.validate import Answer, ExpectationsWorker, WorkerError
from models.contract import load_contracts
from pipelines.check.suite_checks import results_of

REPOSITORY = Path(__file__).resolve().parents[2]
SUITES = {suite.name: suite for suite in load_suites(REPOSITORY / "expectations" / "suites")}
PATIENCE = 120.0


@pytest.fixture(scope="module")
def worker() -> Iterator[ExpectationsWorker]:
    with ExpectationsWorker() as running:
        yield running


def suite_of(tmp_path: Path, *expectations: dict[str, Any], **changes: Any) -> Suite:
    document = {**LANDED_SUITE, "expectations": [ANCHOR, *expectations], **changes}
    write_json(tmp_path / "made.json", document)
    return load_suite(tmp_path / "made.json")


def expectation(kind: str, severity: str = "block", **kwargs: Any) -> dict[str, Any]:
    when_nothing = kwargs.pop("when_nothing", "fail")
    return {
        "type": kind,
        "kwargs": kwargs,
        "asks": "Does it hold, as it should?",
        "severity": severity,
        "notes": "Look at the export.",
        "when_nothing": when_nothing,
    }


def parquet(tmp_path: Path, select: str) -> dict[str, Any]:
    file = tmp_path / "rows.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{file}' (format parquet)")
    return {"parquet": [str(file)]}


def ask(worker: ExpectationsWorker, suite: Suite, table: dict[str, Any], rows: int) -> list[Any]:
    name = worker.submit(suite, table, {"rows": rows})
    return results_of(suite, lambda: worker.collect(name, PATIENCE))


BETWEEN = "expect_column_values_to_be_between"
THREE = "select 'x' as _landing_id, i + 2 as _row_number, i as n from range(3) as t(i)"


def test_what_holds_passes_and_what_does_not_names_the_rows(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(
        tmp_path,
        expectation(BETWEEN, column="n", min_value=0),
        expectation(BETWEEN, column="n", max_value=1),
    )

    anchor, low, high = ask(worker, suite, parquet(tmp_path, THREE), 3)

    assert (anchor.verdict, low.verdict, high.verdict) == ("pass", "pass", "fail")
    assert high.rows == 1
    assert high.sample == ("_landing_id=x, _row_number=4",)
    assert high.threshold == "at most 1"


def test_the_anchor_notices_rows_that_were_not_seen(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    anchor, *_ = ask(worker, suite_of(tmp_path), parquet(tmp_path, THREE), 4)

    assert anchor.verdict == "fail"


def test_a_warning_does_not_stop_a_release(worker: ExpectationsWorker, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, "warn", column="n", max_value=1))

    _, found = ask(worker, suite, parquet(tmp_path, THREE), 3)

    assert (found.verdict, found.stops_release) == ("warn", False)


def test_a_column_that_is_not_there_is_an_error_and_no_failure(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, "warn", column="gone", max_value=1))

    _, found = ask(worker, suite, parquet(tmp_path, THREE), 3)

    assert (found.verdict, found.stops_release) == ("error", True)
    assert "no column 'gone'" in found.evidence["problem"]


def test_an_expectation_nobody_knows_is_an_error_of_all(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, expectation("expect_wonders", column="n"))

    found = ask(worker, suite, parquet(tmp_path, THREE), 3)

    assert [result.verdict for result in found] == ["error", "error"]


def test_a_comparison_of_text_with_a_number_is_an_error(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, column="t", max_value=1))

    _, found = ask(worker, suite, parquet(tmp_path, "select 'a' as t"), 1)

    assert found.verdict == "error"


def test_nothing_but_empty_values_is_a_failure_unless_said_otherwise(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    empty = parquet(tmp_path, "select null::bigint as n from range(2)")
    strict = suite_of(tmp_path, expectation(BETWEEN, column="n", min_value=0))
    lenient = suite_of(tmp_path, expectation(BETWEEN, column="n", min_value=0, when_nothing="pass"))

    assert ask(worker, strict, empty, 2)[1].verdict == "fail"
    assert ask(worker, lenient, empty, 2)[1].verdict == "pass"


def test_a_nan_fails_the_bound_that_the_library_lets_it_pass(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, column="x", min_value=0))
    rows = "select unnest([1.0, 'nan'::double, 2.0]) as x"

    _, found = ask(worker, suite, parquet(tmp_path, rows), 3)

    assert (found.verdict, found.rows) == ("fail", 1)


def test_equality_is_not_asked_of_a_decimal(worker: ExpectationsWorker, tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path, expectation("expect_column_values_to_be_in_set", column="d", value_set=[1])
    )

    _, found = ask(worker, suite, parquet(tmp_path, "select 1::decimal(18,6) as d"), 1)

    assert found.verdict == "error"


def test_a_decimal_bound_is_asked_beyond_the_cents(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, column="d", min_value=0))
    rows = "select unnest([0.000001, -0.000001])::decimal(18,6) as d"

    _, found = ask(worker, suite, parquet(tmp_path, rows), 2)

    assert (found.verdict, found.rows) == ("fail", 1)


def test_f119_an_answer_never_holds_a_value_of_the_rows(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    suite = suite_of(
        tmp_path, expectation("expect_column_values_to_be_in_set", column="mail", value_set=["-"])
    )
    rows = "select 'ada@example.com' as mail, 'x' as _landing_id, 2 as _row_number"
    name = worker.submit(suite, parquet(tmp_path, rows), {"rows": 1})

    answers = worker.collect(name, PATIENCE)

    assert not answers[1].success
    assert "ada@" not in repr(answers)


@pytest.mark.parametrize(
    "table", [{"parquet": ["/nowhere/rows.parquet"]}, {"parquet": []}, {"other": 1}]
)
def test_rows_that_cannot_be_read_are_an_error_of_every_question(
    worker: ExpectationsWorker, tmp_path: Path, table: dict[str, Any]
) -> None:
    found = ask(worker, suite_of(tmp_path), table, 1)

    assert [result.verdict for result in found] == ["error"]


def test_a_table_of_a_candidate_is_read_where_it_lies(
    worker: ExpectationsWorker, tmp_path: Path
) -> None:
    file = tmp_path / "candidate.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema kpi_mart")
        connection.execute(f"create table kpi_mart.facts as {THREE}")
    file.chmod(0o444)
    suite = suite_of(tmp_path, expectation(BETWEEN, column="n", max_value=2))

    found = ask(worker, suite, {"duckdb": str(file), "table": "kpi_mart.facts"}, 3)
    missing = ask(worker, suite, {"duckdb": str(file), "table": "kpi_mart.none"}, 3)

    assert [result.verdict for result in found] == ["pass", "pass"]
    assert [result.verdict for result in missing] == ["error", "error"]


ROWS_THAT_FAIL = {
    "google_ads__campaign_performance": [
        ("impressions, clicks", "10, 11"),
        ("cost_amount", "-0.01::decimal(18,6)"),
    ],
    "meta_ads__campaign_insights": [
        ("impressions, clicks", "10, 11"),
        ("spend_amount", "-0.01::decimal(18,6)"),
    ],
    "ledger__journal_lines": [
        ("debit_amount", "-1::decimal(18,6)"),
        ("credit_amount", "-1::decimal(18,6)"),
    ],
    "stripe__subscriptions": [
        ("billing_interval", "'fortnight'"),
        ("plan_amount", "-1::decimal(18,6)"),
        ("quantity", "2000000"),
    ],
    "stripe__payments": [
        ("amount", "-1::decimal(18,6)"),
        ("amount, refunded_amount", "1::decimal(18,6), 2::decimal(18,6)"),
    ],
    "ecb__reference_rates": [
        ("usd", "108.5::decimal(18,8)"),
        ("jpy", "0.0062::decimal(18,8)"),
        ("gbp", "163.2::decimal(18,8)"),
    ],
    "targets__kpi_targets": [
        ("grain", "'monthly'"),
        ("level", "'department'"),
        ("tolerance", "5::decimal(7,6)"),
        ("target_value, lower_value", "0.1::decimal(38,6), 0.2::decimal(38,6)"),
        ("upper_value, target_value", "0.1::decimal(38,6), 0.2::decimal(38,6)"),
    ],
    "targets__season_weights": [("month_of_year", "13"), ("weight", "-1")],
    "fct_ad_performance": [("spend_amount", "null::decimal(18,6)")],
    "fct_survey_responses": [
        ("question_kind, score", "'nps', 11"),
        ("question_kind, score", "'csat', 0"),
    ],
    "fct_fx_rates": [("rate", "0::decimal(18,8)")],
    "kpi_values": [
        ("kpi, slice, grain, value", "'ctr', 'total', 'month', 1.01::decimal(38,6)"),
        ("kpi, slice, grain, value", "'nps', 'total', 'month', -101::decimal(38,6)"),
        ("kpi, slice, grain, value", "'gross_margin', 'total', 'month', 1.2::decimal(38,6)"),
        ("kpi, slice, grain, value", "'bounce_rate', 'total', 'month', 1.2::decimal(38,6)"),
    ],
}
CASES = [
    (name, number, names, values)
    for name, rows in ROWS_THAT_FAIL.items()
    for number, (names, values) in enumerate(rows, 1)
]


def test_every_expectation_of_the_product_has_a_row_that_fails_it() -> None:
    asked = {name: len(suite.expectations) - 1 for name, suite in SUITES.items()}

    assert asked == {name: len(rows) for name, rows in ROWS_THAT_FAIL.items()}


@pytest.mark.parametrize(("name", "number", "names", "values"), CASES)
def test_an_expectation_of_the_product_fails_when_it_should(
    worker: ExpectationsWorker, tmp_path: Path, name: str, number: int, names: str, values: str
) -> None:
    suite = SUITES[name]
    columns = [part.strip() for part in names.split(",")]
    cells = [part.strip() for part in split_cells(values)]
    selected = ", ".join(f"{cell} as {column}" for column, cell in zip(columns, cells, strict=True))

    found = ask(worker, suite, parquet(tmp_path, f"select {selected}"), 1)[number]

    expected = "fail" if suite.expectations[number].severity == "block" else "warn"
    assert (found.verdict, found.rows) == (expected, 1)


def split_cells(values: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth = [""], 0
    for character in values:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def test_the_suites_ask_only_of_columns_that_their_contracts_declare() -> None:
    streams = load_contracts(REPOSITORY / "models" / "contracts")
    for suite in SUITES.values():
        if suite.stage == "landed":
            declared = {column.name for column in streams[suite.landed_table].columns}
            asked = {name for each in suite.expectations for name in each.columns}
            assert asked <= declared, suite.name


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"expectations": []}, "at least 1"),
        ({"expectations": [expectation(BETWEEN, column="n", min_value=0)]}, "no row was seen"),
        ({"expectations": [{**ANCHOR, "notes": ""}]}, "at least 10 characters"),
        ({"expectations": [{**ANCHOR, "severity": "maybe"}]}, "'block' or 'warn'"),
        ({"expectations": [{**ANCHOR, "kwargs": {"value": 0}}]}, "no row was seen"),
        ({"stage": "candidate"}, "does not go with"),
        ({"table": "somewhere.else"}, "match pattern"),
        ({"surprise": 1}, "Extra inputs"),
        (
            {"expectations": [ANCHOR, expectation("expect_column_to_exist", column="n")]},
            "contract's to check",
        ),
    ],
)
def test_a_suite_that_would_prove_nothing_is_refused(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    write_json(tmp_path / "made.json", {**LANDED_SUITE, **changes})

    with pytest.raises(SuiteError, match=problem) as refused:
        load_suite(tmp_path / "made.json")

    assert str(tmp_path / "made.json") in str(refused.value)


def test_a_suite_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text("{")

    with pytest.raises(SuiteError, match="not readable as JSON"):
        load_suite(tmp_path / "made.json")


def test_fewer_answers_than_questions_are_an_error_of_all(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, column="n", min_value=0))
    one = Answer(0, True, None, None, 3, 0, ())

    for given in ([], [one], [one, one], [replace(one, index=1), one]):
        found = results_of(suite, lambda given=given: given)  # type: ignore[misc]
        assert [result.verdict for result in found] == ["error", "error"]


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("raise SystemExit('no memory')", "died"),
        ("import sys; sys.stdin.readline(); print('not json', flush=True)", "no JSON"),
        ("import sys; sys.stdin.readline(); print('[1]', flush=True)", "no JSON"),
        ("import time; time.sleep(60)", "no answer within"),
        (
            "import sys, json; print(json.dumps("
            "{'id': json.loads(sys.stdin.readline())['id'], 'results': 5}), flush=True)",
            "unknown shape",
        ),
    ],
)
def test_a_dead_silent_or_babbling_worker_never_counts_as_an_answer(
    tmp_path: Path, program: str, problem: str
) -> None:
    import sys

    suite = suite_of(tmp_path)
    with ExpectationsWorker(command=(sys.executable, "-c", program)) as broken:
        name = broken.submit(suite, {"parquet": []})
        with pytest.raises(WorkerError, match=problem):
            broken.collect(name, 2)


def test_a_worker_that_is_killed_owes_an_error_for_every_question(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, expectation(BETWEEN, column="n", min_value=0))
    with ExpectationsWorker() as killed:
        name = killed.submit(suite, parquet(tmp_path, THREE), {"rows": 3})
        kill(killed.pid, signal.SIGKILL)
        found = results_of(suite, lambda: killed.collect(name, PATIENCE))

    assert [result.verdict for result in found] == ["error", "error"]
    assert all("died" in json.dumps(result.to_document()) for result in found)
