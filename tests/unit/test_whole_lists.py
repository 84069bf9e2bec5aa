"""A whole list that comes in parts counts when all of its parts do; until then the one before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import flow
from pipelines.check.contract_checks import check_contracts
from pipelines.check.lineage import Lineage
from pipelines.land import rows
from pipelines.land.load_rules import create_landed_views
from pipelines.replay import accept, replay
from pipelines.set_aside import SetAside, read_set_aside
from pipelines.settings import Settings

LIST = """
    description: All of them, in every export.
    shapes: [{name: csv}]
    columns:
      - {name: KIND_id, headers: [KIND], type: text, required: true}
      - {name: hours, headers: [Hours], type: "decimal(18,2)", required: true}
    key: [KIND_id]
    load: {rule: snapshot}
    exported_at: {file_name: '(\\d{4}-\\d{2}-\\d{2})'}
"""
CONTRACT = f"""
source: shop
family: projects
owner: {{team: Shop, email: shop@example.com}}
streams:
  tasks:{LIST.replace("KIND", "task")}  users:{LIST.replace("KIND", "user")}"""
TOP = "task,Hours\n"
BAD = {
    "SET_ASIDE": TOP + "b,?\nc,?\n",
    "SCHEMA_DRIFT": "task,Minutes\nb,20\n",
    "MAGIC_MISMATCH": "\x89PNG\r\n\x1a\n and more",
    "EMPTY": "",
}
"""How a part may fail: its rows, its header, or so that nobody knows what it is."""


@pytest.fixture
def pipeline(settings: Settings, tmp_path: Path) -> flow.Pipeline:
    contract = tmp_path / "project" / "models" / "contracts" / "projects" / "shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT)
    (settings.inbox / "shop").mkdir()
    object.__setattr__(settings, "project", tmp_path / "project")
    return flow.open_pipeline(settings)


def drop(pipeline: flow.Pipeline, name: str, content: str, at: int = 1) -> None:
    file = pipeline.settings.inbox / "shop" / name
    file.write_bytes(content.encode("latin-1"))
    moment = datetime(2026, 6, at, tzinfo=UTC).timestamp()
    os.utime(file, (moment, moment))


def take_in(pipeline: flow.Pipeline, **parts: str) -> None:
    """Land exports with these names, their first letter the day of June in their name."""
    for name, content in parts.items():
        drop(pipeline, f"tasks {name[2:]} 2026-06-0{name[1]}.csv", content)
    flow.land(pipeline)


@contextmanager
def landed_views(pipeline: flow.Pipeline) -> Iterator[duckdb.DuckDBPyConnection]:
    landings = flow.accepted_landings(pipeline)
    with closing(duckdb.connect()) as connection:
        create_landed_views(
            connection, pipeline.streams, landings, pipeline.settings.landed.absolute()
        )
        yield connection


def tasks(pipeline: flow.Pipeline) -> dict[str, int]:
    """The tasks that count, with the day of June of their export."""
    with landed_views(pipeline) as views:
        query = "SELECT task_id, day(_exported_at) FROM landed.shop__tasks ORDER BY 1"
        return dict(views.execute(query).fetchall())


def held(pipeline: flow.Pipeline) -> dict[str, SetAside]:
    found = read_set_aside(pipeline.settings, pipeline.streams, pipeline.ledger)
    return {each.file.removeprefix("shop/"): each for each in found}


def codes(pipeline: flow.Pipeline) -> dict[str, str]:
    return {name: each.code for name, each in held(pipeline).items()}


@pytest.mark.parametrize("code", BAD)
def test_f011_a_list_without_one_of_its_parts_is_not_the_newest_list(
    pipeline: flow.Pipeline, code: str
) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=TOP + "b,2\nc,3\n")
    take_in(pipeline, d2one=TOP + "a,10\n", d2two=BAD[code])

    assert tasks(pipeline) == {"a": 1, "b": 1, "c": 1}
    assert codes(pipeline) == {
        "tasks two 2026-06-02.csv": code,
        "tasks one 2026-06-02.csv": "PART_MISSING",
    }
    told = held(pipeline)["tasks one 2026-06-02.csv"]
    assert "is not whole without shop/tasks two 2026-06-02.csv" in told.reason
    with landed_views(pipeline) as views:
        ended = views.execute(
            "SELECT count(_valid_to), count(*) FROM landed.shop__tasks__history"
        ).fetchone()
        assert ended == (0, 3)


@pytest.mark.parametrize("code", BAD)
def test_f011_when_its_part_is_mended_the_list_counts(pipeline: flow.Pipeline, code: str) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=TOP + "b,2\nc,3\n")
    take_in(pipeline, d2one=TOP + "a,10\n", d2two=BAD[code])

    drop(pipeline, "tasks two 2026-06-02.csv", TOP + "b,2\n", at=2)
    flow.land(pipeline)

    assert tasks(pipeline) == {"a": 2, "b": 2}
    assert codes(pipeline) == {}
    with landed_views(pipeline) as views:
        versions = views.execute(
            "SELECT task_id, day(_valid_from), day(_valid_to) FROM landed.shop__tasks__history"
            " ORDER BY ALL"
        ).fetchall()
    assert versions == [("a", 1, 2), ("a", 2, None), ("b", 1, None), ("c", 1, 2)]


def test_f011_a_part_that_is_read_again_makes_the_list_whole(
    pipeline: flow.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fault that no landing passes keeps reading in this process.
    monkeypatch.setenv("KPI_FAULT", "release.after_ledger")
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=TOP + "b,2\n")
    with monkeypatch.context() as fault:
        fault.setattr(rows, "SOUND", "_rule IS NULL AND _raw IS NULL AND task_id <> 'b'")
        take_in(pipeline, d2one=TOP + "a,10\n", d2two=TOP + "b,20\n")
    assert tasks(pipeline) == {"a": 1, "b": 1}

    replay(pipeline, [held(pipeline)["tasks two 2026-06-02.csv"]])

    assert tasks(pipeline) == {"a": 2, "b": 2}


def test_f011_of_a_first_list_without_a_part_nothing_counts(pipeline: flow.Pipeline) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=BAD["SET_ASIDE"])

    assert tasks(pipeline) == {}


def test_f011_the_part_may_fail_before_or_after_the_others_came(pipeline: flow.Pipeline) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n")
    take_in(pipeline, d2two=BAD["EMPTY"])
    assert tasks(pipeline) == {"a": 1}

    take_in(pipeline, d2one=TOP + "a,10\n")

    assert tasks(pipeline) == {"a": 1}


def test_f011_a_version_that_cannot_be_read_leaves_the_good_one_of_its_name_in_force(
    pipeline: flow.Pipeline,
) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=TOP + "b,2\n")
    drop(pipeline, "tasks two 2026-06-01.csv", BAD["SCHEMA_DRIFT"], at=2)
    flow.land(pipeline)

    assert tasks(pipeline) == {"a": 1, "b": 1}


def test_f011_a_person_may_say_that_a_file_is_no_part_of_the_list(pipeline: flow.Pipeline) -> None:
    take_in(pipeline, d1one=TOP + "a,1\nb,1\n")
    take_in(pipeline, d2one=TOP + "a,10\n", d2note=BAD["MAGIC_MISMATCH"])
    first = flow.freeze(pipeline)

    accept(pipeline, held(pipeline)["tasks one 2026-06-02.csv"], "that is a picture")

    assert tasks(pipeline) == {"a": 2}
    assert codes(pipeline) == {"tasks note 2026-06-02.csv": "MAGIC_MISMATCH"}
    second = flow.freeze(pipeline)
    assert first and second
    assert first.run_id != second.run_id


def test_f011_a_file_of_another_list_holds_up_none_but_its_own(pipeline: flow.Pipeline) -> None:
    users = "user,Hours\nu,1\n"
    drop(pipeline, "users 2026-06-01.csv", users)
    take_in(pipeline, d1one=TOP + "a,1\n")
    drop(pipeline, "users 2026-06-02.csv", BAD["EMPTY"])
    drop(pipeline, "users 2026-06-03.csv", users.replace("Hours", "Minutes"))

    take_in(pipeline, d2one=TOP + "a,10\n", d3one=TOP + "a,11\n")

    assert tasks(pipeline) == {"a": 3}
    assert codes(pipeline) == {
        "users 2026-06-02.csv": "EMPTY",
        "users 2026-06-03.csv": "SCHEMA_DRIFT",
    }


def test_f011_an_unchanged_part_still_counts_as_of_the_last_whole_list(
    pipeline: flow.Pipeline,
) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n", d1two=TOP + "b,2\n")
    take_in(pipeline, d2one=TOP + "a,1\n", d2two=BAD["SET_ASIDE"])

    assert tasks(pipeline) == {"a": 1, "b": 1}


def test_f011_parts_that_contradict_each_other_are_no_whole_list_until_one_is_believed(
    pipeline: flow.Pipeline,
) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n")
    take_in(pipeline, d2one=TOP + "a,2\n", d2two=TOP + "a,3\n", d2three=TOP + "b,4\n")
    assert tasks(pipeline) == {"a": 1}

    accept(pipeline, held(pipeline)["tasks one 2026-06-02.csv"], "checked")

    assert tasks(pipeline) == {"a": 2, "b": 2}


def test_f011_a_run_is_warned_of_a_list_without_a_part(pipeline: flow.Pipeline) -> None:
    take_in(pipeline, d1one=TOP + "a,1\n")
    take_in(pipeline, d2one=TOP + "a,10\n", d2two=BAD["SET_ASIDE"])

    answers = check_contracts(
        pipeline.settings,
        pipeline.streams,
        flow.accepted_landings(pipeline),
        pipeline.ledger,
        Lineage({}),
    )

    [said] = [each for each in answers if each.id == "contract:shop__tasks:set_aside"]
    assert (said.verdict, said.stops_release) == ("warn", False)
    assert said.sample == ("shop/tasks one 2026-06-02.csv", "shop/tasks two 2026-06-02.csv")
