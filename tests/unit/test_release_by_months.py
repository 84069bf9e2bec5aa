"""A release that takes over what has not changed: its figures are those of one written whole."""

import hashlib
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_run import FACT, MadeRun, make_run

from pipelines.publish.parent import damages
from pipelines.publish.parts import WrongMart
from pipelines.publish.release import Release

Row = tuple[str | None, int, str]


def publish_days(home: Path, run_id: str, rows: Sequence[Row], comment: str = "") -> Release:
    """A release with the given rows of `fct_days`, which is published in months of `day`."""
    made = make_run(home, run_id)
    values = ", ".join(f"({day_sql(day)}, {n}, '{note}')" for day, n, note in rows)
    made.change_candidate(
        "create table kpi_mart.fct_days (day date, n bigint, note varchar)",
        f"insert into kpi_mart.fct_days values {values}",
        f"comment on column kpi_mart.fct_days.n is '{comment}'",
    )
    return publish_in_months(made)


def publish_in_months(made: MadeRun) -> Release:
    def declare(manifest: dict[str, Any], results: dict[str, Any]) -> None:
        node = manifest["nodes"][FACT]
        config = {**node["config"], "meta": {"published_in_months_of": "day"}}
        manifest["nodes"]["model.shop.fct_days"] = {**node, "name": "fct_days", "config": config}
        results["results"].append({"unique_id": "model.shop.fct_days", "status": "success"})

    made.change_dbt(declare)
    made.judge()
    return made.publish()


def day_sql(day: str | None) -> str:
    return f"date '{day}'" if day else "null"


def rows_of(release: Release, table: str = "fct_days") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(release.folder / "mart.duckdb"), read_only=True) as mart:
        return mart.execute(f"select * from kpi_mart.{table} order by all").fetchall()


def parquet(release: Release, month: str) -> Path:
    return release.folder / "parquet" / "fct_days" / f"{month}.parquet"


def rows_in_parquet(release: Release) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        files = str(release.folder / "parquet" / "fct_days" / "*.parquet")
        return connection.execute(f"select * from '{files}' order by all").fetchall()


THREE_MONTHS: list[Row] = [
    (str(date(2026, 4, 1) + timedelta(days=n)), n, f"day {n}") for n in range(91)
]


def test_a_month_that_did_not_change_is_the_same_file(tmp_path: Path) -> None:
    first = publish_days(tmp_path, "run-1", THREE_MONTHS)
    second = publish_days(tmp_path, "run-2", [*THREE_MONTHS, ("2026-06-30", 7, "late")])

    for month, is_same in (("2026-04", True), ("2026-05", True), ("2026-06", False)):
        assert parquet(first, month).samefile(parquet(second, month)) is is_same
    assert len(rows_of(first)) == len(rows_in_parquet(first)) == 91
    assert len(rows_of(second)) == len(rows_in_parquet(second)) == 92
    unchanged = "parquet/fct_orders.parquet"
    assert (first.folder / unchanged).samefile(second.folder / unchanged)


def test_a_late_row_of_an_old_month_changes_that_month_alone(tmp_path: Path) -> None:
    first = publish_days(tmp_path, "run-1", THREE_MONTHS)
    edited = [(day, n + 100 if day == "2026-04-02" else n, note) for day, n, note in THREE_MONTHS]
    second = publish_days(tmp_path, "run-2", edited)

    assert not parquet(first, "2026-04").samefile(parquet(second, "2026-04"))
    assert parquet(first, "2026-06").samefile(parquet(second, "2026-06"))
    assert (date(2026, 4, 2), 101, "day 1") in rows_of(second)
    assert len(rows_of(second)) == 91


def test_the_digest_of_a_table_in_months_is_that_of_its_months(tmp_path: Path) -> None:
    """Written out by hand, so that anybody can compute it with other tools."""
    rows: list[Row] = [(None, 3, "c"), ("2026-05-31", 2, "b"), ("2026-05-01", 10, "a\tb")]
    months = {
        "2026-05": "2026-05-01\t10\ta\\tb\n2026-05-31\t2\tb\n",
        "undated": "\\N\t3\tc\n",
    }
    release = publish_days(tmp_path, "run-1", rows)
    said = release.tables["fct_days"]

    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in months.items()}
    assert {name: part["sha256"] for name, part in said["months"].items()} == digests
    lines = f"2026-05 {digests['2026-05']}\nundated {digests['undated']}\n"
    assert said["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    assert said["rows"] == 3
    assert (release.folder / "parquet" / "fct_days" / "undated.parquet").is_file()


@pytest.mark.parametrize("seed", range(6))
def test_a_history_of_releases_is_as_if_each_were_the_first(tmp_path: Path, seed: int) -> None:
    """Late, corrected, removed, repeated and undated rows of any age."""
    chance = random.Random(seed)
    rows: list[Row] = list(THREE_MONTHS)
    for number in range(1, 6):
        for _ in range(chance.randint(0, 5)):
            at = chance.randrange(len(rows))
            day = str(date(2026, 4, 1) + timedelta(days=chance.randrange(120)))
            change = chance.choice(["add", "repeat", "edit", "remove", "undate"])
            if change == "add":
                rows.append((day, chance.randrange(9), "new"))
            elif change == "repeat":
                rows.append(rows[at])
            elif change == "edit":
                rows[at] = (rows[at][0], rows[at][1] + 1, rows[at][2])
            elif change == "remove":
                del rows[at]
            else:
                rows.append((None, chance.randrange(9), "undated"))
        chance.shuffle(rows)
        release = publish_days(tmp_path / "grown", f"run-{number}", rows)
        whole = publish_days(tmp_path / f"whole-{number}", f"run-{number}", rows)

        expected = sorted(rows, key=lambda row: (row[0] or "9", *row[1:]))
        found = [(str(day) if day else None, n, note) for day, n, note in rows_of(release)]
        assert found == expected
        assert release.tables["fct_days"] == whole.tables["fct_days"]
        assert release.figures_sha256 == whole.figures_sha256
        assert rows_in_parquet(release) == rows_of(release)


def test_nothing_is_taken_from_a_release_with_a_damaged_file(tmp_path: Path) -> None:
    first = publish_days(tmp_path, "run-1", THREE_MONTHS)
    mart = first.folder / "mart.duckdb"
    mart.chmod(0o644)
    content = bytearray(mart.read_bytes())
    content[-1] ^= 1
    mart.write_bytes(content)

    second = publish_days(tmp_path, "run-2", THREE_MONTHS)

    assert rows_of(second) == [(date.fromisoformat(day or ""), n, s) for day, n, s in THREE_MONTHS]
    assert not parquet(first, "2026-04").samefile(parquet(second, "2026-04"))


def test_days_that_were_not_exchanged_rightly_are_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_days(tmp_path, "run-1", THREE_MONTHS)
    late: Row = ("2026-06-30", 7, "late")

    def forget_a_row(days: Any, column: str) -> str:
        return f"({column} = date '2026-06-30' and n <> 7)"

    monkeypatch.setattr("pipelines.publish.duckdb_target.days_in", forget_a_row)
    with pytest.raises(WrongMart, match="fct_days was not copied as the candidate holds it"):
        publish_days(tmp_path, "run-2", [*THREE_MONTHS, late])

    assert (tmp_path / "current").resolve().name == "1"


def test_a_column_that_is_described_otherwise_is_published_so(tmp_path: Path) -> None:
    publish_days(tmp_path, "run-1", THREE_MONTHS, "How many")
    second = publish_days(tmp_path, "run-2", THREE_MONTHS, "How many pieces")

    with duckdb.connect(str(second.folder / "mart.duckdb"), read_only=True) as mart:
        comments = mart.execute(
            "select comment from duckdb_columns()"
            " where table_name = 'fct_days' and column_name = 'n'"
        ).fetchall()
    assert comments == [("How many pieces",)]


def test_a_table_that_is_no_more_goes_and_its_parent_stays_whole(tmp_path: Path) -> None:
    first = publish_days(tmp_path, "run-1", THREE_MONTHS)
    made = make_run(tmp_path, "run-2")
    made.judge()
    second = made.publish()

    assert "fct_days" in first.tables
    assert "fct_days" not in second.tables
    assert not (second.folder / "parquet" / "fct_days").exists()
    released = made.ledger.events("released")[0]
    assert damages(first.folder, str(released.payload["manifest_sha256"])) == []


def test_a_mart_of_many_releases_does_not_hold_what_was_replaced(tmp_path: Path) -> None:
    """A week of two hundred thousand rows is exchanged twelve times; the file stays as large."""
    sizes = []
    for number in range(1, 13):
        made = make_run(tmp_path, f"run-{number}")
        made.change_candidate(
            "create table kpi_mart.fct_days as select"
            " date '2026-04-01' + cast(n // 2500 as integer) as day,"
            f" hash(n + case when n >= 182500 then {number} else 0 end) as n,"
            " 'note' as note from range(200000) rows(n)"
        )
        release = publish_in_months(made)
        sizes.append((release.folder / "mart.duckdb").stat().st_size)
    assert max(sizes) <= 1.5 * sizes[0]
