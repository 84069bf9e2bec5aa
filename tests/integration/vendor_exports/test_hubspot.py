"""HubSpot as people export it: by labels of today and of before, by language, and replicated."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.contract import load_contracts
from pipelines.land import Landing
from pipelines.settings import Settings
from tests.landed_exports import House
from tests.staged_exports import Staged, stage

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports" / "hubspot"
REAL = Path(os.environ.get("KPI_REAL_EXPORTS", "")) / "fivetran" / "hubspot"
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
EXPORTS = {
    "deals.csv": ("deals", 3),
    "companies.csv": ("companies", 2),
    "contacts.csv": ("contacts", 3),
    "contacts_es.csv": ("contacts", 1),
    "marketing_emails.csv": ("marketing_emails", 2),
}


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def landed(house: House, name: str) -> Landing:
    return house.land(f"hubspot/{name}", (FIXTURES / name).read_bytes())


def values(house: House, landing: Landing, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in house.rows(landing)]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_kind_of_export_is_known_and_lands_whole(house: House, name: str) -> None:
    landing = landed(house, name)
    stream, rows = EXPORTS[name]
    assert (landing.table, landing.status) == (f"hubspot__{stream}", "accepted")
    assert (landing.rows_landed, landing.rows_quarantined) == (rows, 0)


@pytest.mark.parametrize("name", ["deals.csv", "deals_old.csv", "deals_es.csv"])
def test_a_deal_is_the_same_under_older_and_other_labels(house: House, name: str) -> None:
    landing = landed(house, name)
    assert values(house, landing, "deal_id", "amount", "deal_name")[0] == (
        "9000000001",
        Decimal("12000.50"),
        "Kiln line",
    )
    assert values(house, landing, "closed_at")[0][0].isoformat() == "2026-03-04T16:20:00"


def test_the_amount_in_the_accounts_currency_stays_beside_the_deals_own(house: House) -> None:
    landing = landed(house, "deals.csv")
    assert values(house, landing, "amount", "currency_code", "company_currency_amount") == [
        (Decimal("12000.50"), "EUR", Decimal("13200.55")),
        (Decimal(8000), "USD", Decimal(8000)),
        (None, None, None),
    ]


def staged(folder: Path, files: list[Path]) -> Staged:
    (folder / "inbox").mkdir()
    settings = Settings.from_environment(home=folder, as_of="2026-07-01", settle_seconds=0)
    house = House.of(settings, *STREAMS.values())
    for file in files:
        house.land(f"hubspot/{file.name}", file.read_bytes())
    families = [f"+int_crm__{family}_unioned" for family in ("accounts", "deals", "leads")]
    return stage(house, folder, "staging.hubspot", *families)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    # Of two exports of a contact the newer counts whole, also where it has fewer columns.
    files = [FIXTURES / name for name in EXPORTS if name != "contacts_es.csv"]
    return staged(tmp_path_factory.mktemp("hubspot"), files)


@pytest.mark.slow
def test_deals_find_their_company_and_their_outcome(everything: Staged) -> None:
    """The primary company where it is said, else the first of the list; no amount is no amount."""
    deals = """select deal_id, account_id, is_won, is_lost, is_open, amount, created_date,
        close_date from intermediate.int_crm__deals_unioned"""
    assert everything.rows(deals) == [
        (
            *("hubspot|9000000001", "8000000001", True, False, False, Decimal("12000.50")),
            *(date(2026, 1, 15), date(2026, 3, 4)),
        ),
        (
            *("hubspot|9000000002", "8000000002", False, True, False, Decimal(8000)),
            *(date(2026, 2, 1), date(2026, 4, 3)),
        ),
        (
            *("hubspot|9000000003", None, False, False, True, None),
            *(date(2026, 3, 20), date(2026, 9, 30)),
        ),
    ]


@pytest.mark.slow
def test_a_contact_is_a_lead_once_it_has_become_one(everything: Staged) -> None:
    """A subscriber is none; the one whose stage says lead, and no day, counts from its creation."""
    leads = """select lead_id, created_date, qualified_date, channel
        from intermediate.int_crm__leads_unioned"""
    assert everything.rows(leads) == [
        ("hubspot|7000000001", date(2026, 1, 12), date(2026, 1, 20), "organic_search"),
        ("hubspot|7000000003", date(2026, 3, 10), None, "search"),
    ]


@pytest.mark.slow
def test_companies_are_accounts(everything: Staged) -> None:
    accounts = (
        "select account_id, account_name, country from intermediate.int_crm__accounts_unioned"
    )
    assert everything.rows(accounts) == [
        ("8000000001", "Töpferei Nord", "Germany"),
        ("8000000002", "Southern Kilns", "United States"),
    ]


@pytest.mark.slow
def test_the_real_replicated_tables_land_and_are_staged(tmp_path: Path) -> None:
    """44 deals, every amount blank, counted in the seeds by hand."""
    if not REAL.is_dir():
        pytest.skip("set KPI_REAL_EXPORTS to the folder of the real exports")
    tables = ["deal", "company", "contact", "deal_pipeline_stage", "deal_stage", "email_campaign"]
    real = staged(tmp_path, [REAL / f"{table}_data.csv" for table in (*tables, "email_event")])
    deals = "select count(*), count(amount), count(*) filter (is_won) from intermediate.{}"
    assert real.rows(deals.format("int_crm__deals_unioned")) == [(44, 0, 0)]
    assert real.rows("select count(*) from intermediate.int_crm__accounts_unioned") == [(24,)]
