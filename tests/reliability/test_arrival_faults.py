"""Exports that arrive in hundreds, in one piece of many chunks, or while a run is at work."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from shop_contract import ORDERS

from pipelines import flow
from pipelines.archive import open_archived
from pipelines.fetch.fetching import look_at_inbox
from pipelines.inbox import REMOVED
from pipelines.prove.kept import look_at_archive, look_at_landed
from pipelines.settings import Settings
from pipelines.storage import CHUNK


@pytest.fixture
def pipeline(settings: Settings, tmp_path: Path) -> flow.Pipeline:
    contract = tmp_path / "project" / "models" / "contracts" / "finance" / "shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(ORDERS)
    object.__setattr__(settings, "project", tmp_path / "project")
    (settings.inbox / "shop").mkdir()
    return flow.open_pipeline(settings)


def drop(pipeline: flow.Pipeline, name: str, rows: str) -> Path:
    file = pipeline.settings.inbox / "shop" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"Order,Amount\n{rows}")
    os.utime(file, (1_780_000_000, 1_780_000_000))
    return file


def told(pipeline: flow.Pipeline, tell: flow.Tell) -> flow.Pipeline:
    """The same pipeline, with somebody who is told of its progress."""
    return replace(pipeline, tell=tell)


@pytest.mark.slow
def test_f012_hundreds_of_small_exports_land_each_once_and_in_the_order_of_their_names(
    pipeline: flow.Pipeline,
) -> None:
    names = [f"{number:03}.csv" for number in range(300)]
    for number, name in enumerate(names):
        drop(pipeline, name, f"A{number},{number}.25\nB{number},-1.00\n")
    said: list[str] = []

    landed = flow.land(told(pipeline, lambda step, text: said.append(text)))

    assert [landing.file for landing in landed.landings] == [f"shop/{name}" for name in names]
    written = [event.payload["file"] for event in pipeline.ledger.events("landed")]
    assert written == [f"shop/{name}" for name in names]
    total = sum(Decimal(n.money["amount"][""]["landed"]) for n in landed.landings)
    assert total == Decimal("299") * 300 / 2 + Decimal("0.25") * 300 - 300
    assert said[-1] == "300/300 shop/299.csv"
    assert flow.land(pipeline) == flow.Landed()
    assert look_at_archive(pipeline.settings).count == 300
    assert look_at_landed(pipeline.settings).damages == ()


def test_f012_an_export_of_many_chunks_is_the_same_in_the_archive_and_lands_whole(
    pipeline: flow.Pipeline,
) -> None:
    count = 400_000
    file = drop(pipeline, "large.csv", "".join(f"A{n},{n % 1000}.50\n" for n in range(count)))
    assert file.stat().st_size > 5 * CHUNK

    (landing,) = flow.land(pipeline).landings

    assert landing.rows_landed == count
    assert Decimal(landing.money["amount"][""]["landed"]) == sum(
        Decimal(n % 1000) + Decimal("0.5") for n in range(count)
    )
    with open_archived(landing.landing_id, pipeline.settings.archive) as archived:
        assert archived.read() == file.read_bytes()


def test_f013_what_arrives_after_the_look_waits_for_the_next_one(pipeline: flow.Pipeline) -> None:
    drop(pipeline, "1.csv", "A1,1.00\n")
    seen = look_at_inbox(pipeline.settings, pipeline.ledger, pipeline.tell)
    drop(pipeline, "2.csv", "A2,2.00\n")

    assert [n.file for n in flow.land(pipeline, seen).landings] == ["shop/1.csv"]
    assert [n.file for n in flow.land(pipeline).landings] == ["shop/2.csv"]


def test_f013_what_arrives_while_exports_are_read_waits_for_the_next_look(
    pipeline: flow.Pipeline,
) -> None:
    drop(pipeline, "1.csv", "A1,1.00\n")

    def arrive(step: str, text: str) -> None:
        drop(pipeline, "0.csv", "A0,1.00\n")

    landed = flow.land(told(pipeline, arrive))

    assert [n.file for n in landed.landings] == ["shop/1.csv"]
    assert [n.file for n in flow.land(pipeline).landings] == ["shop/0.csv"]


def test_f013_a_run_computes_from_the_exports_it_began_with_or_not_at_all(
    pipeline: flow.Pipeline,
) -> None:
    drop(pipeline, "1.csv", "A1,1.00\n")
    flow.land(pipeline)
    run = flow.freeze(pipeline)
    assert run is not None
    began_with = [landing.file for landing in flow.frozen_landings(pipeline, run)]
    drop(pipeline, "2.csv", "A2,2.00\n")

    # It lies in the inbox, and changes nothing of the run.
    assert [n.file for n in flow.frozen_landings(pipeline, run)] == began_with == ["shop/1.csv"]

    flow.land(pipeline)
    with pytest.raises(flow.InputsChanged, match="Nothing of it is published; run again"):
        flow.frozen_landings(pipeline, run)
    following = flow.freeze(pipeline)
    assert following is not None
    assert following.run_id != run.run_id
    files = [landing.file for landing in flow.frozen_landings(pipeline, following)]
    assert files == ["shop/1.csv", "shop/2.csv"]


def test_f014_an_export_that_is_removed_before_it_is_read_is_left_and_stops_no_other(
    pipeline: flow.Pipeline,
) -> None:
    first = drop(pipeline, "1.csv", "A1,1.00\n")
    drop(pipeline, "2.csv", "A2,2.00\n")

    def remove(step: str, text: str) -> None:
        first.unlink(missing_ok=True)

    landed = flow.land(told(pipeline, remove))

    assert [n.file for n in landed.landings] == ["shop/2.csv"]
    assert [(file.name, file.reason) for file in landed.unsettled] == [("shop/1.csv", REMOVED)]
    assert pipeline.ledger.events("file_seen", "shop/1.csv") == []
    drop(pipeline, "1.csv", "A1,1.00\n")
    assert [n.file for n in flow.land(pipeline).landings] == ["shop/1.csv"]


def test_f065_a_changed_definition_makes_another_run_of_the_same_exports(
    pipeline: flow.Pipeline,
) -> None:
    definition = pipeline.settings.project / "dbt_project" / "models" / "kpis" / "sales.yml"
    definition.parent.mkdir(parents=True)
    definition.write_text("metrics: [{name: revenue, filter: is_paid}]\n")
    drop(pipeline, "1.csv", "A1,1.00\n")
    flow.land(pipeline)
    before = flow.freeze(pipeline)
    assert before is not None
    assert flow.freeze(pipeline) == before

    definition.write_text("metrics: [{name: revenue, filter: is_paid or is_sent}]\n")

    with pytest.raises(flow.InputsChanged, match="code are others"):
        flow.frozen_landings(pipeline, before)
    after = flow.freeze(pipeline)
    assert after is not None
    assert after.run_id != before.run_id
    assert after.frozen_inputs()["landings"] == before.frozen_inputs()["landings"]
