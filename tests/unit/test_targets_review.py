"""`kpi targets review` counts months that met their target, and proposes where all or none did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from made_run import make_run
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.serve.targets_review import Quarter, Review, review_targets

MART = """
create or replace table kpi_mart.kpi_latest (
    kpi varchar, owner varchar, better varchar, grain varchar, period_start date, slice varchar,
    status varchar, value decimal(38, 6)
);
create or replace table kpi_mart.dim_date as
    select make_date(2026, n::int, 1) as date_day,
        make_date(2026, ((n - 1) // 3 * 3 + 1)::int, 1) as quarter_start_date
    from range(1, 13) as months (n);
"""


def reviewed(better: str, months: Sequence[tuple[str, int]]) -> list[Review]:
    """The review of months from January on, each with its status and value."""
    with duckdb.connect() as mart:
        mart.execute("create schema kpi_mart")
        mart.execute(MART)
        for number, (status, value) in enumerate(months, 1):
            mart.execute(
                "insert into kpi_mart.kpi_latest"
                " values ('leads', 'Sales', ?, 'month', ?, 'total', ?, ?)",
                [better, date(2026, number, 1), status, value],
            )
        return review_targets(mart)


def test_the_months_that_met_their_target_are_counted_by_quarter() -> None:
    (one,) = reviewed(
        "up", [("on_track", 9), ("at_risk", 7), ("off_track", 1), ("on_track", 9), ("no_data", 0)]
    )
    assert one.quarters == (Quarter(date(2026, 1, 1), 1, 3), Quarter(date(2026, 4, 1), 1, 1))
    assert (one.met, one.judged, one.verdict, one.proposed) == (2, 4, "sometimes", None)


@pytest.mark.parametrize(
    ("better", "status", "verdict", "proposed"),
    [
        ("up", "on_track", "always", 5),
        ("down", "on_track", "always", 8),
        ("up", "off_track", "never", 8),
        ("down", "at_risk", "never", 5),
        ("neutral", "off_track", "never", None),
    ],
)
def test_a_target_that_always_or_never_was_met_has_a_proposal(
    better: str, status: str, verdict: str, proposed: int | None
) -> None:
    (one,) = reviewed(better, [(status, value) for value in (7, 5, 8, 6)])
    assert (one.verdict, one.proposed) == (verdict, proposed and Decimal(proposed))
    assert one.proposal


def test_three_months_are_too_few_to_propose_anything() -> None:
    (one,) = reviewed("up", [("on_track", 1)] * 3)
    assert (one.verdict, one.proposed, one.proposal) == ("too_few", None, "")


def test_the_command_answers_from_the_release_that_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_run(tmp_path)
    made.change_candidate(
        "drop table kpi_mart.kpi_latest",
        MART,
        "insert into kpi_mart.kpi_latest select 'revenue', 'Finance', 'up', 'month', date_day,"
        " 'total', 'on_track', 30 from kpi_mart.dim_date limit 5",
    )
    made.judge()
    made.publish()
    for name, value in (("KPI_HOME", tmp_path), ("KPI_INBOX", tmp_path / "inbox")):
        monkeypatch.setenv(name, str(value))

    answer = CliRunner().invoke(app, ["targets", "review", "--json"])
    people = CliRunner().invoke(app, ["targets", "review"])

    (one,) = json.loads(answer.stdout)
    assert (one["kpi"], one["met"], one["judged"], one["verdict"]) == ("revenue", 5, 5, "always")
    assert "met 5 of 5 months" in people.stdout
    assert "Proposed: 30." in people.stdout
