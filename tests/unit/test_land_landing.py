"""What a landing says of itself: rows conserved, when exported, what covered, set aside or not."""

# ruff: noqa: DTZ001  (landed time stamps are UTC without saying so, as DuckDB has them)

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from landed_exports import MIDNIGHT, House, declared

from models.contract import load_contracts
from pipelines.archive import archive_file
from pipelines.land import FileQuarantined, Landing, land_file, rows
from pipelines.settings import Settings
from pipelines.storage import InjectedFault

HEADER = "Order,Date,Amount,Note\n"
CONTRACTS = Path(__file__).resolve().parents[2] / "models" / "contracts"


def orders(first: int, last: int, day: str = "2026-02-01") -> str:
    """Sound rows with these numbers."""
    return "".join(f"A{n},{day},{n}.50,x\n" for n in range(first, last + 1))


def test_every_record_of_the_file_is_landed_quarantined_or_skipped(settings: Settings) -> None:
    stream = declared(
        shapes=[{"name": "csv", "preamble_rows": 2}],
        skip=[{"rule": "total", "column": "order_id", "starts_with": "Total"}],
        quarantine_limit=1,
    )
    house = House.of(settings, stream)
    content = f"Report\n{HEADER}{orders(1, 3)}\nA4,2026-02-30,1,x\nA5,2026-02-01\nTotal: 3,,6,\n"
    landing = house.land("shop/a.csv", content)
    assert landing.rows_in_file == 9
    assert landing.rows_landed == 3
    assert landing.rows_quarantined == 2
    assert landing.rows_skipped == {"preamble": 1, "header": 1, "blank": 1, "total": 1}
    said = pq.read_metadata(settings.landed / landing.parquet).metadata[b"conservation"]
    assert json.loads(said) == {
        "rows_in_file": 9,
        "rows_landed": 3,
        "rows_quarantined": 2,
        "rows_skipped": landing.rows_skipped,
    }


def test_a_total_row_is_skipped_also_where_it_is_shorter(settings: Settings) -> None:
    stream = declared(
        skip=[{"rule": "total", "column": "order_id", "starts_with": "Total"}], quarantine_limit=0
    )
    landing = House.of(settings, stream).land("shop/a.csv", f"{HEADER}{orders(1, 2)}Total 2")
    assert landing.rows_skipped == {"header": 1, "total": 1}
    assert landing.status == "accepted"


def test_a_row_with_two_broken_cells_counts_once_and_has_two_lines(settings: Settings) -> None:
    house = House.of(settings, declared(quarantine_limit=1))
    landing = house.land("shop/a.csv", f"{HEADER}A1,soon,much,x\n{orders(2, 2)}")
    assert landing.rows_quarantined == 1
    lines = {line["column_name"]: line for line in house.quarantine(landing)}
    assert lines["order_date"]["code"] == "NOT_A_DATE"
    assert lines["amount"]["code"] == "NOT_A_NUMBER"
    assert lines["amount"]["_landing_id"] == landing.landing_id
    assert json.loads(lines["amount"]["raw"]) == {
        "Order": "A1",
        "Date": "soon",
        "Amount": "much",
        "Note": "x",
    }


def test_f052_a_key_with_two_values_is_quarantined_in_all_its_rows(settings: Settings) -> None:
    house = House.of(settings, declared(quarantine_limit=1))
    content = f"{HEADER}A1,2026-02-01,1,x\nA2,2026-02-01,5,x\nA1,2026-02-01,2,x\n"
    landing = house.land("shop/a.csv", content)
    assert [row["order_id"] for row in house.rows(landing)] == ["A2"]
    lines = house.quarantine(landing)
    assert [(line["_row_number"], line["code"]) for line in lines] == [
        (2, "KEY_CONFLICT"),
        (4, "KEY_CONFLICT"),
    ]
    assert lines[0]["value"] == "A1"
    assert json.loads(lines[1]["raw"])["amount"] == "2.00"


def test_repeated_and_conflicting_keys_of_one_file_are_told_apart(settings: Settings) -> None:
    house = House.of(settings, declared(quarantine_limit=1))
    twice = "A1,2026-02-01,1,x\n" * 3 + "A2,2026-02-01,2,x\n" * 2
    conflict = "A3,2026-02-01,3,x\nA3,2026-02-01,3,x\nA3,2026-02-01,3,\n"
    landing = house.land("shop/a.csv", f"{HEADER}{twice}{conflict}{orders(4, 9)}")
    assert (landing.rows_repeated, landing.rows_quarantined) == (3, 3)
    assert [row["order_id"] for row in house.view()] == [
        "A1",
        "A2",
        *(f"A{n}" for n in range(4, 10)),
    ]


def test_f051_a_row_written_twice_lands_twice_and_counts_once(settings: Settings) -> None:
    house = House.of(settings)
    landing = house.land("shop/a.csv", f"{HEADER}{orders(1, 2)}{orders(1, 1)}")
    assert (landing.rows_landed, landing.rows_repeated) == (3, 1)
    assert [row["order_id"] for row in house.view()] == ["A1", "A2"]


def test_a_header_that_is_repeated_among_the_rows_is_quarantined(settings: Settings) -> None:
    texts = [{"name": n, "headers": [n], "type": "text", "required": True} for n in "ab"]
    stream = declared(columns=texts, key=[], load={"rule": "snapshot"}, quarantine_limit=1)
    house = House.of(settings, stream)
    landing = house.land("shop/a.csv", "a,b\n1,2\na,b\n3,4\n")
    assert [line["code"] for line in house.quarantine(landing)] == ["REPEATED_HEADER"]
    assert landing.rows_landed == 2


@pytest.mark.parametrize(
    ("sound", "broken", "limit", "status"),
    [
        (99, 1, 0.01, "accepted"),
        (98, 2, 0.01, "set_aside"),
        (198, 2, 0.01, "accepted"),
        (1, 1, 0.01, "accepted"),
        (1, 2, 0.01, "set_aside"),
        (0, 1, 0.01, "set_aside"),
        (99, 1, 0, "set_aside"),
        (1, 9, 1, "accepted"),
    ],
)
def test_too_many_broken_rows_set_the_whole_landing_aside(
    settings: Settings, sound: int, broken: int, limit: float, status: str
) -> None:
    house = House.of(settings, declared(quarantine_limit=limit))
    bad = "".join(f"B{n},2026-02-01,?,x\n" for n in range(broken))
    landing = house.land("shop/a.csv", f"{HEADER}{orders(1, sound)}{bad}")
    assert landing.status == status
    assert bool(landing.reason) == (status == "set_aside")
    assert bool(house.view()) == (status == "accepted")


def test_landing_the_same_bytes_again_gives_the_same_files(settings: Settings) -> None:
    house = House.of(settings)
    first = house.land("shop/a.csv", f"{HEADER}{orders(1, 2)}B1,2026-02-01,?,x\n")
    before = [(settings.landed / first.parquet).read_bytes()]
    before.append((settings.quarantine / first.parquet).read_bytes())
    again = house.land("shop/a.csv", f"{HEADER}{orders(1, 2)}B1,2026-02-01,?,x\n")
    assert again == first
    assert before[0] == (settings.landed / first.parquet).read_bytes()
    assert before[1] == (settings.quarantine / first.parquet).read_bytes()


def test_what_a_mended_contract_lands_leaves_no_old_quarantine(settings: Settings) -> None:
    content = f"{HEADER}A1,2026-02-01,1.234,x\n"
    strict = House.of(settings, declared(quarantine_limit=1))
    assert strict.land("shop/a.csv", content).rows_quarantined == 1
    wide = [
        {**column, "type": "decimal(18,3)"} if column["name"] == "amount" else column
        for column in declared().model_dump(exclude_unset=True)["columns"]
    ]
    mended = House.of(settings, declared(columns=wide))
    assert mended.land("shop/a.csv", content).rows_landed == 1


def test_the_payload_in_the_ledger_gives_the_landing_back(settings: Settings) -> None:
    house = House.of(settings)
    landing = house.land("shop/2026.csv", f"{HEADER}{orders(1, 1)}")
    assert Landing.from_payload(json.loads(json.dumps(landing.to_payload()))) == landing
    refused = house.put("shop/b.csv", "")
    assert isinstance(refused, FileQuarantined)
    assert FileQuarantined.from_payload(json.loads(json.dumps(refused.to_payload()))) == refused


@pytest.mark.parametrize(
    ("rule", "name", "preamble", "expected"),
    [
        ({"file_name": r"(\d{4}-\d{2}-\d{2})"}, "o_2026-02-03.csv", "", datetime(2026, 2, 3)),
        (
            {"file_name": r"(\d{8}T\d{4})", "format": "%Y%m%dT%H%M", "time_zone": "Europe/Berlin"},
            "o_20260203T0030.csv",
            "",
            datetime(2026, 2, 2, 23, 30),
        ),
        ({"preamble": r"Made (\S+)"}, "o.csv", "Made 2026-02-04\n", datetime(2026, 2, 4)),
        ({"file_name": r"(\d{4}-\d{2}-\d{2})"}, "o.csv", "", datetime(2026, 3, 1)),
        ({"file_name": r"(\d{4}-\d{2}-\d{2})"}, "o_2026-99-99.csv", "", datetime(2026, 3, 1)),
        ({}, "o_2026-02-03.csv", "", datetime(2026, 3, 1)),
    ],
)
def test_when_an_export_was_made_is_said_by_name_preamble_or_file_time(
    settings: Settings, rule: dict[str, str], name: str, preamble: str, expected: datetime
) -> None:
    shapes = [{"name": "csv", "preamble_rows": 1}]
    house = House.of(settings, declared(exported_at=rule, shapes=shapes))
    landing = house.land(f"shop/{name}", f"{preamble}{HEADER}{orders(1, 1)}", at=MIDNIGHT)
    assert landing.exported_at == expected.replace(tzinfo=UTC)
    assert house.rows(landing)[0]["_exported_at"] == expected


WINDOW = {"rule": "window", "date": "order_date"}


def test_a_window_covers_the_days_of_its_rows(settings: Settings) -> None:
    house = House.of(settings, declared(load=WINDOW))
    content = f"{HEADER}{orders(1, 1, '2026-02-03')}{orders(2, 2, '2026-02-01')}"
    landing = house.land("shop/a.csv", content)
    assert (landing.covered_from, landing.covered_to) == (date(2026, 2, 1), date(2026, 2, 3))


def test_a_window_covers_the_days_that_the_file_states(settings: Settings) -> None:
    period = {
        "stated": [{"preamble": r"(\w+ \w+,? \d{4}) - (\w+ \w+,? \d{4})"}],
        "formats": ["%B %d, %Y", "%d %B %Y"],
    }
    shapes = [{"name": "csv", "preamble_rows": 2}]
    house = House.of(settings, declared(load=WINDOW, period=period, shapes=shapes))
    for stated in ('"January 31, 2026 - February 5, 2026"', "31 January 2026 - 5 February 2026"):
        landing = house.land("shop/a.csv", f"{stated}\n{HEADER}{orders(1, 1, '2026-02-03')}")
        assert (landing.covered_from, landing.covered_to) == (date(2026, 1, 31), date(2026, 2, 5))


def test_a_range_that_is_not_over_is_covered_up_to_the_day_of_export(settings: Settings) -> None:
    period = {"stated": [{"preamble": r"(\S+) to (\S+)"}], "formats": ["%Y-%m-%d"]}
    shapes = [{"name": "csv", "preamble_rows": 1}]
    house = House.of(settings, declared(load=WINDOW, period=period, shapes=shapes))
    stated = "2026-02-01 to 2026-03-31"
    landing = house.land("shop/a.csv", f"{stated}\n{HEADER}{orders(1, 1, '2026-02-03')}")
    assert landing.exported_at.date() == date(2026, 3, 1)
    assert (landing.covered_from, landing.covered_to) == (date(2026, 2, 1), date(2026, 3, 1))


def test_other_exports_cover_everything_up_to_their_day(settings: Settings) -> None:
    landing = House.of(settings).land("shop/a.csv", f"{HEADER}{orders(1, 1)}")
    assert (landing.covered_from, landing.covered_to) == (None, date(2026, 3, 1))


def test_f010_a_header_alone_is_taken_for_nothing_happened_where_the_contract_says_so(
    settings: Settings,
) -> None:
    house = House.of(settings, declared(header_only="nothing_happened"))
    landing = house.land("shop/a.csv", HEADER)
    assert (landing.rows_landed, landing.status) == (0, "accepted")
    assert landing.covered_to == date(2026, 3, 1)


def test_an_export_whose_rows_would_go_missing_does_not_land(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "SOUND", "_rule IS NULL AND _raw IS NULL AND order_id <> 'A2'")
    house = House.of(settings)
    refused = house.refuse("shop/a.csv", f"{HEADER}{orders(1, 3)}")
    assert (refused.code, refused.table) == ("NOT_CONSERVED", "shop__orders")
    assert "2 landed rows were written, but 3 were counted" in refused.reason
    assert not list(settings.home.glob(".tmp-*"))


def test_f069_a_landing_that_fails_before_its_rename_leaves_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_FAULT", "landed.before_rename:fail")
    house = House.of(settings)
    with pytest.raises(InjectedFault):
        house.put("shop/a.csv", f"{HEADER}{orders(1, 3)}")
    assert not [file for file in settings.landed.rglob("*") if file.is_file()]
    monkeypatch.delenv("KPI_FAULT")
    assert house.land("shop/a.csv", f"{HEADER}{orders(1, 3)}").rows_landed == 3


def test_rows_come_from_the_archive_even_if_the_file_in_the_inbox_was_changed_since(
    settings: Settings,
) -> None:
    house = House.of(settings)
    path = settings.inbox / "shop" / "a.csv"
    path.parent.mkdir()
    path.write_text(f"{HEADER}{orders(1, 3)}")
    archived = archive_file(path, settings.archive)
    path.write_text(f"{HEADER}{orders(7, 7)}")
    landing = land_file(settings, house.streams, path, "shop/a.csv", archived.sha256, 0)
    assert isinstance(landing, Landing)
    assert len(house.rows(landing)) == 3


GOOGLE = (
    "Campaign performance\n"
    '"July 1, 2025 - July 2, 2025"\n'
    "Day\tCustomer ID\tCampaign ID\tCampaign\tCurrency code\tCost\tImpr.\tClicks\tConversions\n"
    '2025-07-01\t123-456-7890\t11\tBrand – Köln\tEUR\t"1,234.50"\t"25,881"\t310\t 12.50\n'
    "2025-07-02\t123-456-7890\t11\tBrand – Köln\tEUR\t 0.00\t7\t0\t --\n"
    "Total: Account\t\t\t --\tEUR\t1234.50\t25888\t310\t12.50\n"
)


def test_a_google_report_as_excel_gets_it_lands_as_it_was_shown(settings: Settings) -> None:
    house = House(settings, load_contracts(CONTRACTS))
    landing = house.land("google_ads/report_2025-07-03.csv", GOOGLE.encode("utf-16"))
    shown: list[dict[str, Any]] = house.rows(landing)
    assert landing.table == "google_ads__campaign_performance"
    assert landing.rows_skipped == {"preamble": 2, "header": 1, "total": 1}
    assert landing.rows_in_file == 6
    assert (landing.covered_from, landing.covered_to) == (date(2025, 7, 1), date(2025, 7, 2))
    assert landing.exported_at == datetime(2025, 7, 3, tzinfo=UTC)
    assert landing.scopes == [["1234567890"]]
    assert shown[0]["campaign_name"] == "Brand – Köln"
    assert shown[0]["cost_amount"] == Decimal("1234.50")
    assert shown[0]["impressions"] == 25881
    assert shown[0]["conversions"] == Decimal("12.50")
    assert shown[0]["_row_number"] == 4
    assert shown[1]["conversions"] is None
    assert shown[1]["cost_amount"] == Decimal("0.00")


def test_landing_leaves_the_export_and_no_scratch_behind(settings: Settings) -> None:
    house = House.of(settings)
    house.land("shop/a.csv", f"{HEADER}{orders(1, 3)}")
    assert (settings.inbox / "shop" / "a.csv").exists()
    assert sorted(path.name for path in settings.home.iterdir()) == ["archive", "inbox", "landed"]
