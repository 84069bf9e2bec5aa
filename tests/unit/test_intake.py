"""From the inbox into the ledger: what is known, what is news, what must be read again."""

import itertools
import os
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from landed_exports import read

from pipelines import flow
from pipelines.land.load_rules import create_landed_views
from pipelines.set_aside import read_set_aside
from pipelines.settings import Settings

CONTRACT = """
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Open orders of the shop, the whole list in every export.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [Order], type: text, required: true}
      - {name: amount, headers: [Amount], type: "decimal(18,6)", required: true}
    key: [order_id]
    load: {rule: snapshot}
    exported_at: {file_name: '(\\d{4}-\\d{2}-\\d{2})'}
"""
ORDERS = b"Order,Amount\nA1,10.00\n"


@pytest.fixture
def pipeline(tmp_path: Path) -> flow.Pipeline:
    (tmp_path / "project/models/contracts/finance").mkdir(parents=True)
    contract_of(tmp_path).write_text(CONTRACT)
    (tmp_path / "home/inbox/shop").mkdir(parents=True)
    settings = Settings.from_environment(
        project=tmp_path / "project", home=tmp_path / "home", as_of="2026-07-01", settle_seconds=0
    )
    return flow.open_pipeline(settings)


def contract_of(folder: Path) -> Path:
    return folder / "project/models/contracts/finance/shop.yml"


def drop(pipeline: flow.Pipeline, name: str, content: bytes = ORDERS) -> Path:
    file = pipeline.settings.inbox / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (1_780_000_000, 1_780_000_000))
    return file


def newest(pipeline: flow.Pipeline) -> tuple[date | None, datetime]:
    (landing,) = flow.accepted_landings(pipeline)
    return landing.covered_to, landing.exported_at


def accounts(pipeline: flow.Pipeline) -> list[str]:
    (landing,) = flow.accepted_landings(pipeline)
    path = pipeline.settings.landed / landing.parquet
    return [row["account_id"] for row in read(path)]


def test_f003_the_same_bytes_under_another_name_are_known(pipeline):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)
    drop(pipeline, "shop/copy of orders 2026-06-01.csv")

    again = flow.land(pipeline)

    assert again.landings == ()
    assert again.duplicates == ("shop/copy of orders 2026-06-01.csv",)
    assert flow.land(pipeline).duplicates == ()
    assert len(flow.accepted_landings(pipeline)) == 1


def test_a_file_that_is_put_into_its_accounts_folder_is_of_that_account(tmp_path, pipeline):
    contract_of(tmp_path).write_text(
        CONTRACT.replace(
            "    key: [order_id]",
            "      - {name: account_id, type: text, taken_from: {folder: true, otherwise: only}}\n"
            "    key: [account_id, order_id]",
        )
    )
    pipeline = flow.open_pipeline(pipeline.settings)
    file = drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)
    file.unlink()
    drop(pipeline, "shop/acme/orders 2026-06-01.csv")

    (landing,) = flow.land(pipeline).landings

    assert accounts(pipeline) == ["acme"]
    assert landing.file == "shop/acme/orders 2026-06-01.csv"
    assert len(flow.accepted_landings(pipeline)) == 1

    drop(pipeline, "shop/other/orders 2026-06-01.csv")
    assert flow.land(pipeline).duplicates == ("shop/other/orders 2026-06-01.csv",)
    assert accounts(pipeline) == ["acme"]


def test_a_list_that_did_not_change_still_covers_its_new_day(pipeline):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    drop(pipeline, "shop/orders 2026-06-02.csv")

    landed = flow.land(pipeline)

    assert landed.duplicates == ()
    covered_to, exported_at = newest(pipeline)
    assert covered_to == date(2026, 6, 2)
    assert exported_at.date() == date(2026, 6, 2)


def test_f005_an_old_export_sent_again_does_not_bring_back_the_old_state(pipeline):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    drop(pipeline, "shop/orders 2026-06-02.csv", b"Order,Amount\nA1,11.00\n")
    flow.land(pipeline)
    drop(pipeline, "shop/again/orders 2026-06-01.csv")

    landed = flow.land(pipeline)

    assert landed.duplicates == ("shop/again/orders 2026-06-01.csv",)
    assert {n.covered_to for n in flow.accepted_landings(pipeline)} == {
        date(2026, 6, 1),
        date(2026, 6, 2),
    }


def history_of(pipeline: flow.Pipeline) -> list[tuple[str, date, date | None]]:
    """Amount, first and last day of each version of the order."""
    with duckdb.connect() as connection:
        landings = flow.accepted_landings(pipeline)
        create_landed_views(connection, pipeline.streams, landings, pipeline.settings.landed)
        rows = connection.execute(
            "SELECT amount, _valid_from, _valid_to FROM landed.shop__orders__history ORDER BY 2"
        ).fetchall()
    return [(f"{amount:.2f}", first.date(), last and last.date()) for amount, first, last in rows]


@pytest.mark.parametrize("days", list(itertools.permutations((1, 2, 3))))
def test_f007_a_list_that_is_as_it_was_before_has_its_history_in_any_order(pipeline, days):
    amounts = {1: "10.00", 2: "11.00", 3: "10.00"}
    for day in days:
        content = f"Order,Amount\nA1,{amounts[day]}\n".encode()
        drop(pipeline, f"shop/orders 2026-06-0{day}.csv", content)
        assert flow.land(pipeline).duplicates == ()

    assert history_of(pipeline) == [
        ("10.00", date(2026, 6, 1), date(2026, 6, 2)),
        ("11.00", date(2026, 6, 2), date(2026, 6, 3)),
        ("10.00", date(2026, 6, 3), None),
    ]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_f007_what_was_exported_again_unchanged_is_as_new_as_its_last_date(
    pipeline, tmp_path, names
):
    contract_of(tmp_path).write_text(CONTRACT.replace("rule: snapshot", "rule: upsert"))
    pipeline = flow.open_pipeline(pipeline.settings)
    first, last = names
    drop(pipeline, f"shop/{first} 2026-06-01.csv")
    drop(pipeline, "shop/other 2026-06-02.csv", b"Order,Amount\nA1,11.00\n")
    drop(pipeline, f"shop/{last} 2026-06-03.csv")
    flow.land(pipeline)
    # Read again under another contract, the files come in the order of the ledger.
    contract_of(tmp_path).write_text(
        CONTRACT.replace("rule: snapshot", "rule: upsert").replace("Open orders", "Orders")
    )
    again = flow.open_pipeline(pipeline.settings)
    for current in (pipeline, again):
        flow.land(current)
        with duckdb.connect() as connection:
            landings = flow.accepted_landings(current)
            create_landed_views(connection, current.streams, landings, current.settings.landed)
            found = connection.execute("SELECT amount, _exported_at FROM landed.shop__orders")
            [(amount, exported_at)] = found.fetchall()
        assert (str(amount), exported_at.day) == ("10.000000", 3)


def test_f004_yesterdays_file_under_todays_name_and_then_the_right_one_leaves_both(pipeline):
    right = b"Order,Amount\nA1,11.00\n"
    drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)
    wrong = drop(pipeline, "shop/orders 2026-06-02.csv")
    flow.land(pipeline)
    wrong.write_bytes(right)
    flow.land(pipeline)

    assert history_of(pipeline) == [
        ("10.00", date(2026, 6, 1), date(2026, 6, 2)),
        ("11.00", date(2026, 6, 2), None),
    ]


def test_f016_a_file_that_is_moved_to_where_it_can_be_read_lands(pipeline, tmp_path):
    shapes = "[{name: day_first, folder: '^day-first', day_first: true}, {name: csv}]"
    contract = CONTRACT.replace("[{name: csv}]", shapes).replace(
        "- {name: amount,",
        "- {name: day, headers: [Day], type: date, formats: ['%d/%m/%Y', '%m/%d/%Y'],"
        " required: true}\n      - {name: amount,",
    )
    contract_of(tmp_path).write_text(contract)
    pipeline = flow.open_pipeline(pipeline.settings)
    content = b"Order,Day,Amount\nA1,03/04/2026,10.00\n"
    file = drop(pipeline, "shop/orders 2026-06-01.csv", content)
    assert [n.status for n in flow.land(pipeline).landings] == ["set_aside"]

    (file.parent / "day-first").mkdir()
    file.rename(file.parent / "day-first" / file.name)
    landed = flow.land(pipeline)

    assert [(n.status, n.rows_landed) for n in landed.landings] == [("accepted", 1)]
    assert len(flow.accepted_landings(pipeline)) == 1
    assert read_set_aside(pipeline.settings, pipeline.streams, pipeline.ledger) == []
    # A contract that has changed reads both places again, and the later one holds.
    contract_of(tmp_path).write_text(contract.replace("Open orders", "Orders"))
    again = flow.open_pipeline(pipeline.settings)
    flow.land(again)
    assert [n.rows_landed for n in flow.accepted_landings(again)] == [1]


def test_f016_a_file_that_is_moved_to_its_own_source_is_set_aside_no_more(pipeline):
    file = drop(pipeline, "orders/orders 2026-06-01.csv")
    assert [q.code for q in flow.land(pipeline).quarantined] == ["UNKNOWN_SOURCE"]

    file.rename(pipeline.settings.inbox / "shop" / file.name)

    assert [n.rows_landed for n in flow.land(pipeline).landings] == [1]
    assert read_set_aside(pipeline.settings, pipeline.streams, pipeline.ledger) == []


def test_a_mended_contract_lands_what_was_set_aside_without_the_file_being_sent_again(
    pipeline, tmp_path
):
    file = drop(pipeline, "shop/orders 2026-06-01.csv", b"Order No,Amount\nA1,10.00\n")
    assert [q.code for q in flow.land(pipeline).quarantined] == ["SCHEMA_DRIFT"]
    file.unlink()
    mended = CONTRACT.replace("headers: [Order]", "headers: [Order, Order No]")
    contract_of(tmp_path).write_text(mended)

    again = flow.open_pipeline(pipeline.settings)
    landed = flow.land(again)

    assert [n.rows_landed for n in landed.landings] == [1]
    assert flow.land(again).landings == ()


def test_a_changed_contract_holds_a_run_until_its_exports_are_landed_again(pipeline, tmp_path):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)
    contract_of(tmp_path).write_text(CONTRACT.replace("rule: snapshot", "rule: upsert"))
    again = flow.open_pipeline(pipeline.settings)

    with pytest.raises(flow.InputsChanged, match=r"1 exports, such as shop/orders 2026-06-01\.csv"):
        flow.freeze(again)

    flow.land(again)
    assert flow.freeze(again) is not None


def test_a_run_whose_contracts_were_changed_meanwhile_can_not_go_on(pipeline, tmp_path):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)
    run = flow.freeze(pipeline)
    assert run is not None
    assert len(flow.frozen_landings(pipeline, run)) == 1

    contract_of(tmp_path).write_text(CONTRACT + "    quarantine_limit: 1\n")

    with pytest.raises(flow.InputsChanged, match="run again"):
        flow.frozen_landings(flow.open_pipeline(pipeline.settings), run)


def test_the_same_inputs_are_the_same_run(pipeline):
    drop(pipeline, "shop/orders 2026-06-01.csv")
    flow.land(pipeline)

    first, second = flow.freeze(pipeline), flow.freeze(pipeline)

    assert first == second
    assert len(pipeline.ledger.events("run_started")) == 1


def test_what_lies_beside_the_sources_is_named_and_stops_nothing(pipeline):
    drop(pipeline, "stray.csv")
    drop(pipeline, "shop/orders 2026-06-01.csv")

    landed = flow.land(pipeline)

    assert [(q.file, q.code) for q in landed.quarantined] == [("stray.csv", "UNKNOWN_SOURCE")]
    assert len(landed.landings) == 1
    assert flow.land(pipeline).quarantined == ()
