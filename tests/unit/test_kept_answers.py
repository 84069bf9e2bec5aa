"""Answers of unit tests are kept only where neither the day nor anything else changes them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from pipelines import kept_answers
from pipelines.kept_answers import keep_answers, timeless_unit_tests

MACROS = {
    "macro.kpi_mart.as_of_date": {"depends_on": {"macros": []}},
    "macro.kpi_mart.days": {"depends_on": {"macros": ["macro.kpi_mart.as_of_date"]}},
    "macro.kpi_mart.ratio": {"depends_on": {"macros": ["macro.kpi_mart.ratio"]}},
}


def manifest(
    macros: list[str], code: str = "select 1", fixed: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A project with one model that uses some macros, and one unit test of it."""
    model = {"raw_code": code, "depends_on": {"macros": macros}}
    test = {
        "overrides": {"vars": fixed} if fixed is not None else None,
        "depends_on": {"nodes": ["model.kpi_mart.figures"]},
    }
    return {
        "nodes": {"model.kpi_mart.figures": model},
        "macros": copy.deepcopy(MACROS),
        "unit_tests": {"unit_test.figures": test},
    }


@pytest.mark.parametrize(
    ("project", "is_timeless"),
    [
        (manifest([]), True),
        (manifest(["macro.kpi_mart.ratio"]), True),
        (manifest(["macro.kpi_mart.as_of_date"]), False),
        (manifest(["macro.kpi_mart.days"]), False),
        (manifest([], "select '{{ var(\"as_of\") }}'"), False),
        (manifest(["macro.kpi_mart.days"], fixed={"as_of": "2026-07-01"}), True),
        (manifest(["macro.kpi_mart.days"], fixed={"week_start": "sunday"}), False),
    ],
)
def test_an_answer_is_timeless_when_the_model_reads_no_day_or_the_test_fixes_it(
    project: dict[str, Any], *, is_timeless: bool
) -> None:
    assert (timeless_unit_tests(project) == ["unit_test.figures"]) == is_timeless


def test_a_test_of_a_model_that_nobody_knows_is_not_timeless() -> None:
    project = manifest([])
    project["nodes"] = {}
    assert timeless_unit_tests(project) == []


def test_what_passed_is_kept_and_what_failed_is_asked_again(tmp_path: Path) -> None:
    passed = {"unique_id": "unit_test.figures", "status": "pass", "execution_time": 0.25}
    keep_answers(tmp_path, manifest([]), [passed])
    assert kept_answers.kept_answers(tmp_path) == {"unit_test.figures": passed}
    keep_answers(tmp_path, manifest([]), [{**passed, "status": "fail"}])
    assert kept_answers.kept_answers(tmp_path) == {}


def test_answers_of_other_nodes_are_not_kept(tmp_path: Path) -> None:
    keep_answers(tmp_path, manifest([]), [{"unique_id": "test.not_null", "status": "pass"}])
    assert kept_answers.kept_answers(tmp_path) == {}


def test_another_version_of_a_library_is_asked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_answers(tmp_path, manifest([]), [{"unique_id": "unit_test.figures", "status": "pass"}])
    monkeypatch.setattr("pipelines.run.version", lambda _: "0.0.1")
    assert kept_answers.kept_answers(tmp_path) == {}


def test_a_damaged_file_of_answers_is_no_answer(tmp_path: Path) -> None:
    keep_answers(tmp_path, manifest([]), [{"unique_id": "unit_test.figures", "status": "pass"}])
    (file,) = tmp_path.glob("unit_tests_*.json")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:20])
    assert kept_answers.kept_answers(tmp_path) == {}
