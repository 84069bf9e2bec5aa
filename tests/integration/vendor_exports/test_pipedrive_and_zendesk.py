"""Pipedrive and Zendesk as people export them, and what their families get of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.contract import load_contracts
from pipelines.land import Landing
from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of
from tests.staged_exports import Staged, stage

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "exports"
STREAMS = load_contracts(REPOSITORY / "models" / "contracts")
EXPORTS = {
    "pipedrive/deals.csv": ("pipedrive__deals", 6),
    "pipedrive/organizations.csv": ("pipedrive__organizations", 2),
    "pipedrive/persons.csv": ("pipedrive__persons", 1),
    "pipedrive/activities.csv": ("pipedrive__activities", 2),
    "zendesk/tickets.csv": ("zendesk__tickets", 3),
    "support_desk/tickets_2026-06-30.csv": ("support_desk__tickets", 4),
    "surveys/responses_2026-06-30.csv": ("surveys__responses", 6),
}


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def landed(house: House, name: str) -> Landing:
    return house.land(name, (FIXTURES / name).read_bytes())


def values(house: House, landing: Landing, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in house.rows(landing)]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_kind_of_export_is_known_and_lands_whole(house: House, name: str) -> None:
    landing = landed(house, name)
    table, rows = EXPORTS[name]
    assert (landing.table, landing.status) == (table, "accepted")
    assert (landing.rows_landed, landing.rows_quarantined) == (rows, 0)


def test_the_name_of_the_currencys_column_has_changed_and_the_deal_has_not(house: House) -> None:
    deal = ("deal_id", "amount", "currency_code", "won_at")
    for name in ("pipedrive/deals.csv", "pipedrive/deals_old.csv"):
        landing = landed(house, name)
        assert values(house, landing, *deal)[0] == (
            *("1", Decimal("12000.5"), "EUR"),
            datetime.fromisoformat("2026-03-04 16:20:00"),
        )


def test_a_workbook_of_deals_lands_to_the_same_values(house: House) -> None:
    won = datetime.fromisoformat("2026-03-04 16:20:00")
    added = datetime.fromisoformat("2026-01-15 09:30:00")
    header = ["Title", "Value", "Currency of Value", "Status", "Deal created", "Won time"]
    header = [f"Deal - {name}" for name in ("ID", *header)]
    row = [1, "Kiln line", 12000.5, "EUR", "Won", added, won]
    landing = house.land("pipedrive/deals.xlsx", workbook_of([header, row]))
    assert values(house, landing, "deal_id", "amount", "created_at", "won_at") == [
        ("1", Decimal("12000.5"), added, won)
    ]


def test_zendesks_json_lands_to_the_same_values_as_its_csv(house: House) -> None:
    ticket = ("ticket_id", "created_at", "updated_at")
    in_csv = values(house, landed(house, "zendesk/tickets.csv"), *ticket)
    in_json = values(house, landed(house, "zendesk/tickets_api.json"), *ticket)
    assert [row for row in in_csv if row[0] != "102"] == in_json


def staged(folder: Path, *names: str) -> Staged:
    (folder / "inbox").mkdir()
    settings = Settings.from_environment(home=folder, as_of="2026-07-01", settle_seconds=0)
    house = House.of(settings, *STREAMS.values())
    for name in names:
        landed(house, name)
    families = ("accounts", "deals", "tickets", "survey_responses")
    own = [f"staging.{source}" for source in ("pipedrive", "zendesk", "support_desk", "surveys")]
    return stage(house, folder, *own, *(f"+int_crm__{family}_unioned" for family in families))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(tmp_path_factory.mktemp("desks"), *EXPORTS)


@pytest.mark.slow
def test_a_deal_closes_on_the_day_it_was_won_or_lost(everything: Staged) -> None:
    """The deleted one is none; an open one has the day it is expected."""
    deals = """select deal_id, account_id, is_won, is_lost, amount, close_date
        from intermediate.int_crm__deals_unioned"""
    assert everything.rows(deals) == [
        ("pipedrive|1", "pd|17", True, False, Decimal("12000.5"), date(2026, 3, 4)),
        ("pipedrive|2", "pd|18", False, True, Decimal(8000), date(2026, 4, 3)),
        ("pipedrive|3", None, False, False, None, date(2026, 9, 30)),
        ("pipedrive|5", None, False, False, Decimal("333.33"), date(2026, 10, 31)),
        ("pipedrive|6", None, False, False, Decimal("333.33"), date(2026, 10, 31)),
    ]
    accounts = "select account_id, country from intermediate.int_crm__accounts_unioned"
    assert everything.rows(accounts) == [("pd|17", "Germany"), ("pd|18", "United States")]


@pytest.mark.slow
def test_a_deal_is_as_likely_as_it_says_or_else_as_it_weighs(everything: Staged) -> None:
    """66.67 of 333.33 is 0.200012 of it: a weight is the amount times whole percents, in cents."""
    chances = "select deal_id, probability from intermediate.int_crm__deals_unioned"
    assert everything.rows(chances) == [
        ("pipedrive|1", Decimal(1)),
        ("pipedrive|2", Decimal(0)),
        ("pipedrive|3", None),
        ("pipedrive|5", Decimal("0.35")),
        ("pipedrive|6", Decimal("0.20")),
    ]


TICKETS = """select ticket_id, created_date, closed_date, kind, status, priority, channel
    from intermediate.int_crm__tickets_unioned where ticket_id like '{}|%'"""
TICKETS_OF_ZENDESK = [
    (
        *("zendesk|101", date(2026, 4, 1), date(2026, 4, 2)),
        *("complaint", "closed", "high", "email"),
    ),
    (
        *("zendesk|102", date(2026, 4, 3), None),
        *("unknown", "waiting_on_us", "low", "form"),
    ),
    (
        *("zendesk|103", date(2026, 4, 4), date(2026, 4, 5)),
        *("general_inquiry", "closed", "unknown", "phone"),
    ),
]


@pytest.mark.slow
def test_a_ticket_that_was_opened_again_is_open(everything: Staged) -> None:
    """102 was opened again twice, and so was T-2 once."""
    assert everything.rows(TICKETS.format("zendesk")) == TICKETS_OF_ZENDESK
    desk = "select ticket_id, closed_date, reopens from staging.stg_support_desk__tickets"
    assert everything.rows(desk) == [
        ("support_desk|T-1", date(2026, 6, 2), 0),
        ("support_desk|T-2", None, 1),
        ("support_desk|T-3", date(2026, 6, 12), 0),
        ("support_desk|T-4", None, None),
    ]


@pytest.mark.slow
def test_what_customers_say_of_tickets_is_on_the_scale_of_csat(everything: Staged) -> None:
    """Good is 5 and bad is 1; what was only offered is no answer."""
    answers = """select response_id, question_kind, score, response_date
        from intermediate.int_crm__survey_responses_unioned"""
    assert everything.rows(answers) == [
        ("support_desk|T-1", "csat", 1, date(2026, 6, 2)),
        ("support_desk|T-3", "csat", 5, date(2026, 6, 12)),
        ("surveys|r1", "nps", 9, date(2026, 6, 10)),
        ("surveys|r2", "csat", 4, date(2026, 6, 10)),
        ("surveys|r3", "recognition", 0, date(2026, 6, 11)),
        ("surveys|r4", "recognition", 1, date(2026, 6, 25)),
        ("surveys|r5", "recommend", 1, date(2026, 6, 25)),
        ("surveys|r6", "nps", None, date(2026, 6, 12)),
        ("zendesk|101", "csat", 5, date(2026, 4, 2)),
        ("zendesk|103", "csat", 1, date(2026, 4, 5)),
    ]


@pytest.mark.slow
def test_channel_and_score_are_found_within_the_objects_of_json(tmp_path: Path) -> None:
    tickets = staged(tmp_path, "zendesk/tickets_api.json")
    found = """select ticket_id, kind, status, channel, satisfaction
        from staging.stg_zendesk__tickets"""
    assert tickets.rows(found) == [
        ("zendesk|101", "complaint", "closed", "email", "good"),
        ("zendesk|103", "general_inquiry", "closed", "phone", "bad"),
    ]
    scores = "select score from staging.stg_zendesk__satisfaction"
    assert tickets.rows(scores) == [(1,), (5,)]
