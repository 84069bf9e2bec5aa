"""The money in quarantined rows: exact, by column and currency, and what could not be read."""

from typing import Any

import pytest

from models.contract import Stream
from pipelines.land.money import amount_columns
from tests.landed_exports import House, declared

COLUMNS: list[dict[str, Any]] = [
    {"name": "order_id", "headers": ["Order"], "type": "text", "required": True},
    {
        "name": "order_date",
        "headers": ["Date"],
        "type": "date",
        "formats": ["%Y-%m-%d"],
        "nullable": False,
    },
    {"name": "net_amount", "headers": ["Net"], "type": "decimal(18,6)", "required": True},
    {"name": "tax_amount", "headers": ["Tax"], "type": "decimal(18,6)"},
    {"name": "currency_code", "headers": ["Currency"], "type": "text"},
    {"name": "quantity", "headers": ["Quantity"], "type": "integer"},
]
HEADER = "Order,Date,Net,Tax,Currency,Quantity\n"


def selling(**changes: Any) -> Stream:
    return declared(columns=COLUMNS, quarantine_limit=1, **changes)


def money(house: House, content: str) -> dict[int, list[tuple[str, str | None, str | None]]]:
    """By row: column, amount and currency, as the quarantine's file has them."""
    landing = house.land("shop/orders.csv", content)
    return {
        row["_row_number"]: [
            (each["column_name"], each["amount"], each["currency_code"]) for each in row["money"]
        ]
        for row in house.quarantine(landing)
    }


@pytest.fixture
def house(settings) -> House:
    return House.of(settings, selling())


def test_a_row_broken_elsewhere_keeps_the_amounts_that_can_be_read(house):
    found = money(house, f"{HEADER}A1,never,-1234.567891,0.10,eur,1\nA2,2026-03-01,5,1,EUR,1\n")

    assert found == {
        2: [("net_amount", "-1234.567891", "EUR"), ("tax_amount", "0.100000", "EUR")],
    }


def test_an_amount_that_cannot_be_read_is_said_to_be_there_and_an_empty_one_is_none(house):
    found = money(house, f"{HEADER}A1,2026-03-01,12 euros,,USD,1\nA2,2026-03-01,5,1,EUR,1\n")

    assert found == {2: [("net_amount", None, "USD")]}


def test_a_currency_that_is_not_said_is_not_guessed(house):
    found = money(house, f"{HEADER}A1,never,7,,,1\nA2,2026-03-01,5,1,EUR,1\n")

    assert found == {2: [("net_amount", "7.000000", None)]}


def test_a_row_with_other_cells_than_the_header_has_money_that_nobody_can_read(house):
    found = money(house, f"{HEADER}A1,2026-03-01,12,1,EUR\nA2,2026-03-01,5,1,EUR,1\n")

    assert found == {2: [("net_amount", None, None), ("tax_amount", None, None)]}


def test_rows_in_conflict_keep_what_each_of_them_says(house):
    found = money(house, f"{HEADER}A1,2026-03-01,12,1,EUR,1\nA1,2026-03-01,13,1,EUR,1\n")

    assert found == {
        2: [("net_amount", "12.000000", "EUR"), ("tax_amount", "1.000000", "EUR")],
        3: [("net_amount", "13.000000", "EUR"), ("tax_amount", "1.000000", "EUR")],
    }


def test_the_header_once_more_is_no_money(house):
    found = money(house, f"{HEADER}A1,2026-03-01,12,1,EUR,1\n{HEADER}")

    assert found == {3: []}


def test_a_stream_without_amounts_has_none(settings):
    plain = [column for column in COLUMNS if not column["name"].endswith("_amount")]
    plain[0] = {**plain[0], "required": True}
    house = House.of(settings, declared(columns=plain, quarantine_limit=1))
    landing = house.land(
        "shop/o.csv", "Order,Date,Currency,Quantity\nA1,never,EUR,1\nA2,2026-03-01,EUR,1\n"
    )

    assert [row["money"] for row in house.quarantine(landing)] == [[]]


def test_the_currency_of_an_amount_is_the_column_named_like_it_else_the_rows():
    columns = [
        *COLUMNS,
        {"name": "converted_amount", "headers": ["C"], "type": "decimal(18,6)"},
        {"name": "converted_currency_code", "headers": ["CC"], "type": "text"},
        {
            "name": "fee_amount",
            "headers": ["F"],
            "type": "decimal(18,6)",
            "minor_units": {"currency": "converted_currency_code"},
        },
        {"name": "rate", "headers": ["R"], "type": "decimal(18,6)"},
    ]

    assert amount_columns(declared(columns=columns)) == {
        "net_amount": "currency_code",
        "tax_amount": "currency_code",
        "converted_amount": "converted_currency_code",
        "fee_amount": "converted_currency_code",
    }
    without = [column for column in COLUMNS if column["name"] != "currency_code"]
    assert amount_columns(declared(columns=without)) == {"net_amount": None, "tax_amount": None}
