"""Figures of complete periods that the release before had otherwise: told, never silent."""

from pathlib import Path

import pytest
from made_run import MadeRun, make_run

from pipelines.check.restated import RESTATED
from pipelines.check.result import CheckResult


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    """A second run, after a release with the same figures."""
    first = make_run(tmp_path)
    assert first.judge().decision == "release"
    first.publish()
    return make_run(tmp_path, "run-2")


def asked(made: MadeRun) -> CheckResult:
    return {result.id: result for result in made.check()}[RESTATED]


def test_f015_a_first_release_has_nothing_to_stand_by(tmp_path: Path) -> None:
    assert asked(make_run(tmp_path)).verdict == "pass"


def test_f015_figures_that_stand_pass(made: MadeRun) -> None:
    found = asked(made)
    assert (found.verdict, found.rows) == ("pass", 0)
    assert found.evidence == {"compared_with": "release 1"}


@pytest.mark.parametrize(
    ("change", "now"), [("set value = 31.5", "31.500000"), ("set value = null", "None")]
)
def test_f015_a_late_figure_of_a_period_long_past_is_told_and_published(
    made: MadeRun, change: str, now: str
) -> None:
    made.change_candidate(
        f"update kpi_mart.kpi_values {change} where period_start = date '2026-01-01'"
    )

    found = asked(made)

    assert (found.verdict, found.stops_release, found.rows) == ("warn", False, 1)
    assert found.sample == (f"revenue 2026-01: {now}, was 30.000000",)
    assert found.kpis == ("revenue",)


def test_f015_a_period_that_is_gone_is_told(made: MadeRun) -> None:
    made.change_candidate("delete from kpi_mart.kpi_values where period_start = date '2025-12-01'")

    assert asked(made).sample == ("revenue 2025-12: None, was 30.000000",)


@pytest.mark.parametrize("open_", ["is_complete = false", "is_provisional = true"])
def test_f015_figures_that_were_said_to_change_may_change(tmp_path: Path, open_: str) -> None:
    first = make_run(tmp_path)
    first.change_candidate(f"update kpi_mart.kpi_values set {open_}")
    assert first.judge().decision == "release"
    first.publish()

    second = make_run(tmp_path, "run-2", "99.000000")

    assert asked(second).verdict == "pass"


def test_f015_a_kpi_that_is_no_longer_defined_is_not_missed(made: MadeRun) -> None:
    made.change_candidate(
        "update kpi_mart.dim_kpi set kpi = 'sales'", "update kpi_mart.kpi_values set kpi = 'sales'"
    )

    assert asked(made).verdict == "pass"


def test_f015_a_release_before_that_cannot_be_read_is_told_and_holds_nothing(
    made: MadeRun,
) -> None:
    mart = made.settings.releases / "1" / "mart.duckdb"
    mart.chmod(0o644)
    mart.write_bytes(b"no database")

    found = asked(made)

    assert (found.verdict, found.stops_release) == ("warn", False)
    assert "release 1 cannot be read" in found.evidence["problem"]


def test_f015_what_is_compared_is_the_release_the_run_began_from(made: MadeRun) -> None:
    made.freeze(parent_release=None)
    made.change_candidate("update kpi_mart.kpi_values set value = 1")

    assert asked(made).verdict == "pass"
