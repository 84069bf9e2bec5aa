"""`kpi quarantine` as a person types it: list, show, replay, accept."""

import csv
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines import flow
from pipelines.cli import app
from pipelines.ledger import Ledger
from pipelines.replay import CannotAccept
from pipelines.serve.aside import MASK, MASK_UNKNOWN, NoSuchExport
from pipelines.settings import Settings

CONTRACT = """
source: shop
family: finance
owner: {team: Shop, email: shop@example.com}
streams:
  orders:
    description: Orders of the shop.
    shapes: [{name: csv}]
    columns:
      - {name: order_id, headers: [Order], type: text, required: true}
      - {name: order_date, headers: [Date], type: date, formats: ["%Y-%m-%d"], nullable: false}
      - {name: buyer, headers: [Buyer], type: text, personal: true}
      - {name: net_amount, headers: [Net], type: "decimal(18,6)", required: true}
      - {name: currency_code, headers: [Currency], type: text}
    key: [order_id]
    load: {rule: upsert}
    quarantine_limit: 0.5
"""
HEADER = "Order,Date,Buyer,Net,Currency,Their note\n"
ORDERS = HEADER + (
    "A1,2026-06-01,Ada,10.00,EUR,x\n"
    "A2,never,Grace,-12.50,EUR,call +49 170\n"
    "A3,2026-06-03,Edsger,twelve,USD,x\n"
    "A4,2026-06-04,Alan,1,EUR,x\n"
)
Kpi = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project with one contract, whose inbox is empty."""
    project = tmp_path / "project"
    contract = project / "models/contracts/finance/shop.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(CONTRACT)
    given = Settings.from_environment(
        project=project, home=tmp_path / "home", as_of="2026-07-01", settle_seconds=0
    )
    given.inbox.mkdir(parents=True)
    monkeypatch.setattr(Settings, "from_environment", lambda **_: given)
    return given


@pytest.fixture
def put(settings: Settings) -> Callable[[str, str], None]:
    """Lays an export into the inbox and lands what is new."""

    def drop(name: str, content: str) -> None:
        file = settings.inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        os.utime(file, (1_780_000_000, 1_780_000_000))
        flow.land(flow.open_pipeline(settings))

    return drop


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["quarantine", *words], catch_exceptions=False)


def said(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


def test_rows_are_listed_by_export_with_the_money_that_can_be_read_and_the_rest_counted(put):
    put("shop/june.csv", ORDERS)

    (item,) = said("list")

    assert (item["file"], item["what"], item["rows"]) == ("shop/june.csv", "rows", 2)
    assert item["codes"] == {"NOT_A_DATE": 1, "NOT_A_NUMBER": 1}
    assert all("Correct it in the source" in remedy for remedy in item["remedies"].values())
    assert item["money"] == [
        {"column": "net_amount", "currency": "EUR", "amount": "-12.5", "unread": 0},
        {"column": "net_amount", "currency": "USD", "amount": "0", "unread": 1},
    ]
    assert item["money_unknown"] == ""


def test_a_code_narrows_rows_and_money_to_the_rows_that_have_it(put):
    put("shop/june.csv", ORDERS)

    (item,) = said("list", "--code", "NOT_A_NUMBER")

    assert (item["rows"], item["codes"]) == (1, {"NOT_A_NUMBER": 1})
    assert [(m["currency"], m["unread"]) for m in item["money"]] == [("USD", 1)]
    assert said("list", "--code", "NOT_A_BOOLEAN") == []
    assert said("list", "--source", "bank") == []


def test_a_file_that_is_no_export_is_listed_newest_first_and_its_money_is_said_to_be_unknown(put):
    put("shop/june.csv", ORDERS)
    put("shop/odd.csv", "a,b\n1,2\n")

    first, second = said("list")

    assert (first["file"], first["what"]) == ("shop/odd.csv", "file")
    assert list(first["codes"]) == ["UNKNOWN_FORMAT"]
    assert first["money"] == [] and first["money_unknown"]
    assert first["reason"] and first["remedy"]
    assert second["file"] == "shop/june.csv"


def test_an_export_set_aside_as_a_whole_counts_all_its_rows_and_all_their_money(put):
    put("shop/june.csv", HEADER + "A1,never,,5,EUR,\nA2,never,,7,EUR,\nA3,2026-06-01,,0.25,EUR,\n")

    (item,) = said("list")

    assert (item["what"], item["rows"]) == ("landing", 3)
    assert item["codes"] == {"NOT_A_DATE": 2, "SET_ASIDE": 1}
    assert [Decimal(m["amount"]) for m in item["money"]] == [Decimal("12.25")]


def test_the_list_for_people_names_money_remedy_and_what_to_type_next(put):
    put("shop/june.csv", ORDERS)

    shown = " ".join(run("list").stdout.split())

    assert "-12.50 EUR" in shown
    assert "1 that cannot be read" in shown
    assert "Correct it in the source" in shown
    assert "kpi quarantine show" in shown


def test_show_gives_every_broken_cell_with_its_record_and_masks_what_is_personal(put):
    put("shop/june.csv", ORDERS)

    found = said("show", "june.csv")

    date, number = found["lines"]
    assert (date["row"], date["code"], date["column"], date["value"]) == (
        3,
        "NOT_A_DATE",
        "order_date",
        "never",
    )
    assert date["expected"] == "written as %Y-%m-%d" and date["remedy"] and date["reason"]
    assert date["raw"] == {
        "Order": "A2",
        "Date": "never",
        "Buyer": MASK,
        "Net": "-12.50",
        "Currency": "EUR",
        "Their note": MASK_UNKNOWN,
    }
    assert (number["row"], number["value"]) == (4, "twelve")
    assert found["contract"] == "models/contracts/finance/shop.yml line 6"
    assert found["rows_in_all"] == 2


def test_show_personal_shows_the_record_as_it_came(put):
    put("shop/june.csv", ORDERS)

    found = said("show", "june.csv", "--personal", "--rows", "1")

    (line,) = found["lines"]
    assert line["raw"]["Buyer"] == "Grace"
    assert line["raw"]["Their note"] == "call +49 170"
    assert found["rows_in_all"] == 2


def test_f119_no_way_of_looking_shows_personal_data_unasked(put, tmp_path):
    put("shop/ragged.csv", HEADER + "A1,2026-06-01,Grace,1,EUR,x\nA2,2026-06-02,x,Grace,9,EUR,x\n")
    out = tmp_path / "out.csv"

    run("show", "ragged.csv", "--csv", str(out))
    everything = run("list").stdout + run("show", "ragged.csv").stdout + out.read_text("utf-8")
    everything += json.dumps([said("list"), said("show", "ragged.csv")])

    assert "RAGGED_ROW" in everything
    assert "Grace" not in everything
    assert "Grace" in run("show", "ragged.csv", "--personal").stdout


def test_f119_a_personal_column_of_a_key_is_masked_in_conflicts(settings, put):
    contract = settings.project / "models/contracts/finance/shop.yml"
    contract.write_text(CONTRACT.replace("key: [order_id]", "key: [order_id, buyer]"))
    put("shop/june.csv", HEADER + "A1,2026-06-01,Grace,1,EUR,\nA1,2026-06-01,Grace,2,EUR,\n")

    found = said("show", "june.csv")

    assert {line["code"] for line in found["lines"]} == {"KEY_CONFLICT"}
    assert "Grace" not in json.dumps(found)


def test_show_of_a_whole_file_says_what_differs_from_the_nearest_contract(put):
    put("shop/odd.csv", "Order,Date,Netto,Currency\nA1,2026-06-01,1,EUR\n")

    found = said("show", "odd.csv")

    assert list(found["export"]["codes"]) == ["SCHEMA_DRIFT"]
    assert found["export"]["table"] == "shop__orders"
    assert "Netto" in found["export"]["reason"]
    assert found["export"]["expected"] == "Net"
    assert found["contract"] == "models/contracts/finance/shop.yml line 6"


def test_an_export_is_found_by_name_end_of_name_and_number(put):
    put("shop/june.csv", ORDERS)
    (item,) = said("list")

    for wanted in ("shop/june.csv", "june.csv", item["id"], item["landing_id"], item["id"][:4]):
        assert said("show", wanted)["export"]["file"] == "shop/june.csv"
    with pytest.raises(NoSuchExport, match="kpi quarantine list"):
        run("show", "july.csv")


def test_a_name_that_two_exports_have_asks_for_the_number(put):
    put("shop/a/june.csv", ORDERS)
    put("shop/b/june.csv", ORDERS.replace("A1", "B1"))

    with pytest.raises(NoSuchExport, match="2 exports"):
        run("show", "june.csv")


def test_the_spreadsheet_of_show_has_a_line_for_each_broken_cell(put, tmp_path):
    put("shop/june.csv", ORDERS)
    out = tmp_path / "out.csv"

    done = run("show", "june.csv", "--csv", str(out), "--personal")

    assert done.exit_code == 0
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert [row["row"] for row in rows] == ["3", "4"]
    assert rows[0]["in the file: Net"] == "-12.50"
    assert rows[0]["in the file: Buyer"] == "Grace"


def test_replay_after_a_contract_is_mended_says_before_and_after_and_tells_the_ledger(
    settings, put
):
    put("shop/odd.csv", "Order,Date,Netto,Currency\nA1,2026-06-01,1,EUR\n")
    contract = settings.project / "models/contracts/finance/shop.yml"
    contract.write_text(CONTRACT.replace("headers: [Net]", "headers: [Net, Netto]"))

    (done,) = said("replay", "odd.csv")

    assert (done["before"]["status"], done["before"]["code"]) == ("quarantined", "SCHEMA_DRIFT")
    assert (done["after"]["status"], done["after"]["rows_landed"]) == ("landed", 1)
    assert done["changed"] is True
    event = Ledger(settings.ledger_url).latest("replayed")
    assert event is not None and event.subject == "shop/odd.csv"
    assert event.payload["before_code"] == "SCHEMA_DRIFT"
    assert event.payload["after_rows_landed"] == 1
    assert event.payload["who"]
    assert said("list") == []
    assert len(flow.accepted_landings(flow.open_pipeline(settings))) == 1


def test_replay_with_nothing_mended_says_that_nothing_changed(put):
    put("shop/june.csv", ORDERS)

    done = run("replay", "--all")

    assert done.exit_code == 0
    assert "0 of 1 are read otherwise now" in done.stdout
    assert len(said("list")) == 1


def test_replay_wants_one_export_or_all(put):
    assert run("replay").exit_code == 2
    assert run("replay", "june.csv", "--all").exit_code == 2


def test_an_older_version_of_a_name_is_mended_by_the_newer_one(settings, put):
    put("shop/export.csv", ORDERS)
    put("shop/export.csv", HEADER + "B1,2026-06-05,Ada,5,EUR,x\nB2,2026-06-06,Ada,6,EUR,x\n")

    assert said("list") == []
    landings = flow.accepted_landings(flow.open_pipeline(settings))
    assert [landing.sizes["net_amount"][2] for landing in landings] == ["5.5"]


def test_all_versions_of_a_name_are_read_again_when_their_contract_changes(settings, put):
    put("shop/export.csv", ORDERS)
    put("shop/export.csv", HEADER + "B1,2026-06-05,Ada,5,EUR,x\n")
    contract = settings.project / "models/contracts/finance/shop.yml"
    contract.write_text(CONTRACT.replace("headers: [Net]", "headers: [Net, Netto]"))

    again = flow.land(flow.open_pipeline(settings))

    assert sorted(landing.rows_landed for landing in again.landings) == [1, 2]
    (newest,) = flow.accepted_landings(flow.open_pipeline(settings))
    assert newest.rows_landed == 1


def test_what_a_suite_refused_counts_again_when_its_contract_is_mended_and_not_before(
    settings, put
):
    put("shop/june.csv", HEADER + "A1,2026-06-01,Ada,10.00,EUR,x\n")
    (landing,) = flow.accepted_landings(flow.open_pipeline(settings))
    why = {"reason": "amounts are negative"}
    Ledger(settings.ledger_url).append("landing_set_aside", landing.landing_id, why)

    (item,) = said("list")
    said("replay", "june.csv")

    assert (item["what"], item["rows"], item["reason"]) == ("landing", 1, "amounts are negative")
    assert flow.accepted_landings(flow.open_pipeline(settings)) == []
    contract = settings.project / "models/contracts/finance/shop.yml"
    contract.write_text(CONTRACT.replace("headers: [Net]", "headers: [Net, Netto]"))
    flow.land(flow.open_pipeline(settings))
    assert len(flow.accepted_landings(flow.open_pipeline(settings))) == 1
    assert said("list") == []


def hold(settings: Settings, name: str, code: str) -> None:
    """The ledger's word that a file which came is held, as landing would write it."""
    ledger = Ledger(settings.ledger_url)
    seen = ledger.latest_by_subject("file_seen")[name].payload
    said = {"landing_id": seen["sha256"], "file": name, "size": 1, "source": "shop", "code": code}
    more = {
        "reason": "its amounts are a hundred times those of May",
        "remedy": "Accept it.",
        "contracts_digest": "",
        "table": "shop__orders",
    }
    ledger.append("file_quarantined", name, {**said, **more})


@pytest.mark.parametrize("code", ["UNIT_JUMP", "REVERSION", "OVERLAP", "DATE_MISMATCH"])
def test_a_held_file_is_accepted_with_a_reason_and_the_ledger_knows_whose_word_it_is(
    settings, put, code
):
    put("shop/june.csv", HEADER + "A1,2026-06-01,Ada,10.00,EUR,x\n")
    hold(settings, "shop/june.csv", code)

    done = said("accept", "june.csv", "--reason", "We had a sale")

    assert done["before"]["code"] == code
    assert done["after"]["status"] == "landed"
    event = Ledger(settings.ledger_url).latest("accepted")
    assert event is not None and event.subject == "shop/june.csv"
    assert event.payload == {
        "sha256": done["landing_id"],
        "code": code,
        "reason": "We had a sale",
        "who": event.payload["who"],
    }
    assert event.payload["who"]


def test_of_two_exports_in_contradiction_the_accepted_one_counts(settings, put):
    put("shop/a.csv", HEADER + "A1,2026-06-01,Ada,10.00,EUR,x\nA2,never,Ada,1,EUR,x\n")
    put("shop/b.csv", HEADER + "A1,2026-06-01,Ada,11.00,EUR,x\n")
    assert {(item["file"], item["codes"].get("OVERLAP")) for item in said("list")} == {
        ("shop/a.csv", 1),
        ("shop/b.csv", 1),
    }

    said("accept", "a.csv", "--reason", "b.csv was a draft")

    (landing,) = flow.accepted_landings(flow.open_pipeline(settings))
    assert landing.file == "shop/a.csv"
    listed = {item["file"]: item["what"] for item in said("list")}
    assert listed == {"shop/a.csv": "rows", "shop/b.csv": "landing"}


def test_what_cannot_be_read_is_not_accepted_whoever_says_so(settings, put):
    put("shop/odd.csv", "Order,Date,Netto,Currency\nA1,2026-06-01,1,EUR\n")
    put("shop/june.csv", ORDERS)

    with pytest.raises(CannotAccept, match=r"SCHEMA_DRIFT.*cannot be read"):
        run("accept", "odd.csv", "--reason", "trust me")
    with pytest.raises(CannotAccept, match="nobody's word"):
        run("accept", "june.csv", "--reason", "trust me")
    assert Ledger(settings.ledger_url).events("accepted") == []


def test_a_word_without_a_reason_is_not_taken(settings, put):
    put("shop/june.csv", HEADER + "A1,2026-06-01,Ada,10.00,EUR,x\n")
    hold(settings, "shop/june.csv", "UNIT_JUMP")

    with pytest.raises(CannotAccept, match="--reason"):
        run("accept", "june.csv", "--reason", "  ")
    assert run("accept", "june.csv").exit_code == 2


def test_status_says_which_share_of_rows_and_money_is_in_quarantine(settings, put):
    put("shop/june.csv", ORDERS)

    done = CliRunner().invoke(app, ["status", "--json"], catch_exceptions=False)
    state = json.loads(done.stdout)
    line = " ".join(CliRunner().invoke(app, ["status"], catch_exceptions=False).stdout.split())

    # By hand: of EUR -12.50 of 10 - 12.50 + 1 = -1.50 are aside, which is more than the whole.
    assert (state["rows_in_quarantine"], state["rows_of_data"]) == (2, 4)
    assert state["money_in_quarantine"] == {
        "table": "shop__orders",
        "column": "net_amount",
        "currency": "EUR",
        "quarantined": "-12.500000",
        "in_file": "-1.500000",
        "share": "1.0000",
    }
    assert "2 rows (50.00% of all)" in line
    assert "-12.5 EUR of shop__orders.net_amount" in line


def test_show_says_of_each_column_and_currency_what_became_of_its_money(put):
    put("shop/june.csv", ORDERS)

    found = said("show", "june.csv")

    euros = found["export"]["conserved"]["net_amount"]["EUR"]
    assert {fate: Decimal(amount) for fate, amount in euros.items()} == {
        "in_file": Decimal("-1.50"),
        "landed": Decimal("11.00"),
        "quarantined": Decimal("-12.50"),
        "skipped": Decimal(0),
    }
    assert "-12.500000 quarantined" in " ".join(run("show", "june.csv").stdout.split())
