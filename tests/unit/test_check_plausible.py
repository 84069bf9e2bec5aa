"""Figures that are missing, are no numbers, or are far from their own past."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from made_run import MadeRun, make_run

from pipelines.check.candidate import open_candidate
from pipelines.check.lineage import Lineage
from pipelines.check.plausible import (
    COMPLETE,
    NUMBERS,
    check_plausibility,
    expected_plausibility,
)
from pipelines.check.result import CheckResult
from pipelines.land.landing import Landing

LEVEL, VOLUME = "plausible:level:revenue", "plausible:volume:shop__orders"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeRun]:
    yield make_run(tmp_path)


def answers(made: MadeRun, landings: list[Landing] | None = None) -> dict[str, CheckResult]:
    landings = made.landings if landings is None else landings
    with open_candidate(made.run) as candidate:
        found = check_plausibility(candidate, made.streams, landings, Lineage({}))
        expected = expected_plausibility(candidate, landings)
    assert sorted(result.id for result in found) == sorted(expected)
    return {result.id: result for result in found}


def test_figures_near_their_past_pass(made: MadeRun) -> None:
    assert {result.verdict for result in answers(made).values()} == {"pass"}


@pytest.mark.parametrize(
    ("newest", "verdict"),
    [("6", "pass"), ("5.99", "warn"), ("150", "pass"), ("150.01", "warn"), ("0", "warn")],
)
def test_f067_a_month_below_a_fifth_or_above_five_times_the_usual_is_a_warning(
    tmp_path: Path, newest: str, verdict: str
) -> None:
    found = answers(make_run(tmp_path, amount=newest))[LEVEL]  # the months before are 30 each

    assert (found.verdict, found.kpis) == (verdict, ("revenue",))
    assert not found.stops_release


def test_a_month_that_is_not_complete_is_not_compared(made: MadeRun) -> None:
    made.change_candidate(
        "update kpi_mart.kpi_values set value = 1, is_complete = false"
        " where period_start = date '2026-06-01'"
    )

    assert answers(made)[LEVEL].verdict == "pass"


def test_too_short_a_past_is_not_asked(made: MadeRun) -> None:
    made.change_candidate("delete from kpi_mart.kpi_values where period_start < date '2026-03-01'")

    assert LEVEL not in answers(made)


def test_a_balance_or_ratio_is_not_compared_with_its_past(made: MadeRun) -> None:
    made.change_candidate("update kpi_mart.dim_kpi set kind = 'ratio'")

    assert LEVEL not in answers(made)


def test_a_flow_without_a_figure_stops_the_release(made: MadeRun) -> None:
    made.change_candidate(
        "update kpi_mart.kpi_values set value = null where period_start = date '2026-02-01'"
    )

    found = answers(made)[COMPLETE]

    assert found.stops_release
    assert (found.rows, found.sample) == (1, ("revenue month 2026-02-01",))


def test_a_day_that_is_missing_between_two_others_stops_the_release(made: MadeRun) -> None:
    day = """insert into kpi_mart.kpi_values
        select * replace ('day' as grain, date '2026-06-0{n}' as period_start)
        from kpi_mart.kpi_values where period_start = date '2026-06-01' and grain = 'month'"""
    made.change_candidate(day.format(n=1), day.format(n=2), day.format(n=4))

    found = answers(made)[COMPLETE]

    assert found.stops_release
    assert found.sample == ("revenue day 2026-06-03",)


def test_an_empty_ratio_is_no_fault(made: MadeRun) -> None:
    made.change_candidate(
        "update kpi_mart.dim_kpi set kind = 'ratio'",
        "update kpi_mart.kpi_values set value = null",
    )

    assert answers(made)[COMPLETE].verdict == "pass"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_no_number_stops_the_release(made: MadeRun, value: str) -> None:
    made.change_candidate(f"create table kpi_mart.fct_odd as select '{value}'::double as amount")

    found = answers(made)[NUMBERS]

    assert found.stops_release
    assert found.sample == ("fct_odd.amount",)


@pytest.mark.parametrize(("newest", "verdict"), [(100, "pass"), (19, "warn"), (501, "warn")])
def test_f067_an_export_much_smaller_or_larger_than_usual_is_a_warning(
    made: MadeRun, newest: int, verdict: str
) -> None:
    landings = [
        exported_later(made.landings[0], days, rows)
        for days, rows in enumerate([100, 100, 100, 100, newest])
    ]

    assert answers(made, landings)[VOLUME].verdict == verdict
    assert VOLUME not in answers(made, landings[:4])


def exported_later(landing: Landing, days: int, rows: int) -> Landing:
    moment = landing.exported_at + timedelta(days=days)
    return replace(landing, landing_id=str(days), exported_at=moment, rows_landed=rows)


def test_a_candidate_without_kpi_tables_is_one_error(made: MadeRun) -> None:
    made.change_candidate("drop table kpi_mart.dim_kpi")

    found = {result.id: result for result in made.check()}

    assert found["plausible:the_candidate_is_readable"].verdict == "error"
