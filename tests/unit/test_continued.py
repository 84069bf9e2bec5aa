"""Which candidate may be continued, and what of it is taken over."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from made_run import MadeRun, make_run

from pipelines import continued
from pipelines.continued import begin_with, candidate_to_continue, forget_candidates, say_what_made
from pipelines.run import Run


@pytest.fixture
def released(tmp_path: Path) -> MadeRun:
    """A run whose candidate was released."""
    made = make_run(tmp_path, "run-1")
    say_what_made(made.run)
    made.judge()
    made.publish()
    return made


def next_run(made: MadeRun) -> Run:
    return replace(made.run, run_id="run-2")


def test_the_candidate_behind_the_last_release_is_continued(released: MadeRun) -> None:
    asked = (released.settings, released.ledger)
    assert candidate_to_continue(*asked, next_run(released)) == released.run.candidate
    # A run is not continued by itself: its candidate is about to be removed.
    assert candidate_to_continue(*asked, released.run) is None


def test_other_bytes_than_those_released_are_not_continued(released: MadeRun) -> None:
    released.change_candidate("create table kpi_mart.added (n bigint)")
    assert candidate_to_continue(released.settings, released.ledger, next_run(released)) is None


def test_other_libraries_begin_from_nothing(
    released: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continued, "library_versions", lambda: {"duckdb": "another"})
    assert candidate_to_continue(released.settings, released.ledger, next_run(released)) is None


@pytest.mark.parametrize("key", ["code_digest", "settings"])
def test_other_code_or_settings_begin_from_nothing(
    released: MadeRun, tmp_path: Path, key: str
) -> None:
    frozen = released.run.frozen_inputs() | {key: "another"}
    directory = tmp_path / "of-run-2"
    directory.mkdir()
    run = replace(next_run(released), directory=directory)
    run.manifest.write_text(json.dumps(frozen))
    assert candidate_to_continue(released.settings, released.ledger, run) is None


def test_without_a_release_or_its_candidate_all_is_built(released: MadeRun, tmp_path: Path) -> None:
    held = make_run(tmp_path / "other", "run-1")
    say_what_made(held.run)
    assert candidate_to_continue(held.settings, held.ledger, next_run(held)) is None
    released.run.candidate.unlink()
    assert candidate_to_continue(released.settings, released.ledger, next_run(released)) is None


def test_nothing_but_the_continued_tables_is_taken_over(tmp_path: Path) -> None:
    before, after = tmp_path / "before.duckdb", tmp_path / "after" / "candidate.duckdb"
    with duckdb.connect(str(before)) as connection:
        connection.execute("create schema kpi_mart; create schema landed")
        connection.execute("create table kpi_mart.kept as select 1 as n")
        connection.execute("create table kpi_mart.built as select 2 as n")
        connection.execute("create view landed.rows_of as select * from kpi_mart.built")
        connection.execute("create view kpi_mart.of_a_view as select * from landed.rows_of")
    before.chmod(0o444)
    begin_with(before, after, [("kpi_mart", "kept")])

    with duckdb.connect(str(after)) as connection:
        tables = "select table_schema, table_name from information_schema.tables"
        assert connection.execute(tables).fetchall() == [("kpi_mart", "kept")]
        assert connection.execute("insert into kpi_mart.kept values (3)").fetchall() == [(1,)]
    with duckdb.connect(str(before), read_only=True) as connection:
        assert connection.execute("from kpi_mart.of_a_view").fetchall() == [(2,)]


def test_only_the_candidate_of_the_last_release_is_kept(released: MadeRun) -> None:
    older = released.settings.warehouse / "run-0"
    older.mkdir(parents=True)
    (older / "candidate.duckdb").touch(mode=0o444)
    kept = released.run.candidate.parent
    forget_candidates(released.settings, released.ledger)
    assert not older.exists()
    assert kept.exists()
