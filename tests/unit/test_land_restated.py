"""Exports in parts, rows of several days, and every version of a list, in any order of arrival."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from landed_exports import House, declared, fetched
from test_land_load_rules import SPEND, TOP, at

from pipelines.land.load_rules import create_landed_views
from pipelines.settings import Settings

ORDERS = "Order,Date,Amount,Note\n"


def spend_of(house: House) -> list[tuple[str, str, str, Decimal]]:
    return [(str(r["day"]), r["account"], r["campaign"], r["spend"]) for r in house.view()]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_f011_an_export_in_parts_is_one_export(settings: Settings, order: tuple[int, ...]) -> None:
    """Cut between two rows of one day, with the row at the cut in both parts."""
    parts = [
        "2026-02-01,a,x,1\n2026-02-02,a,x,2\n",
        "2026-02-02,a,x,2\n2026-02-02,a,y,3\n",
        "2026-02-02,a,z,4\n2026-02-03,b,x,5\n",
    ]
    house = House.of(settings, declared(**SPEND))
    for number in order:
        house.land(f"shop/part {number}.csv", TOP + parts[number], at(1))
    assert spend_of(house) == [
        ("2026-02-01", "a", "x", Decimal(1)),
        ("2026-02-02", "a", "x", Decimal(2)),
        ("2026-02-02", "a", "y", Decimal(3)),
        ("2026-02-02", "a", "z", Decimal(4)),
        ("2026-02-03", "b", "x", Decimal(5)),
    ]


def test_f011_a_newer_export_restates_the_days_of_all_parts(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND))
    house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n2026-02-02,a,x,2\n", at(1))
    house.land("shop/2.csv", f"{TOP}2026-02-02,a,y,3\n2026-02-03,a,y,4\n", at(1))
    house.land("shop/3.csv", f"{TOP}2026-02-02,a,x,20\n", at(2))
    assert spend_of(house) == [
        ("2026-02-01", "a", "x", Decimal(1)),
        ("2026-02-02", "a", "x", Decimal(20)),
        ("2026-02-03", "a", "y", Decimal(4)),
    ]


def test_f006_an_account_whose_days_are_all_restated_is_not_counted_twice(
    settings: Settings,
) -> None:
    """Nothing of account a holds of the first export, everything of account b does."""
    house = House.of(settings, declared(**SPEND))
    house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n2026-02-01,b,x,2\n", at(1))
    house.land("shop/2.csv", f"{TOP}2026-02-01,a,x,10\n", at(2))
    assert spend_of(house) == [
        ("2026-02-01", "a", "x", Decimal(10)),
        ("2026-02-01", "b", "x", Decimal(2)),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_f011_a_list_in_parts_is_one_list(settings: Settings, order: tuple[int, ...]) -> None:
    parts = [
        (1, "A1,2026-02-01,1,x\nA9,2026-02-01,9,x\n"),
        (2, "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\n"),
        (2, "A2,2026-02-01,2,x\nA3,2026-02-01,3,x\n"),
    ]
    house = House.of(settings, declared(load={"rule": "snapshot"}))
    for number in order:
        day, content = parts[number]
        house.land(f"shop/part {number}.csv", ORDERS + content, at(day))
    assert [row["order_id"] for row in house.view()] == ["A1", "A2", "A3"]


PERIODS: dict[str, Any] = {
    "columns": [
        {"name": "account", "headers": ["Account"], "type": "text", "required": True},
        *(
            {
                "name": f"period_{end}",
                "headers": [header],
                "type": "date",
                "formats": ["%Y-%m-%d"],
                "required": True,
            }
            for end, header in (("start", "From"), ("end", "To"))
        ),
        {"name": "spend", "headers": ["Spend"], "type": "decimal(18,2)", "required": True},
    ],
    "key": [],
    "load": {
        "rule": "window",
        "date": "period_start",
        "until": "period_end",
        "scope": ["account"],
    },
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_period_goes_only_when_all_its_days_are_restated(
    settings: Settings, order: tuple[int, ...]
) -> None:
    exports = [
        (1, "a,2026-02-01,2026-02-14,100\na,2026-02-15,2026-02-28,200\n"),
        (2, "a,2026-02-01,2026-02-07,30\n"),
        (3, "a,2026-02-08,2026-02-14,40\n"),
        (4, "a,2026-02-20,2026-02-20,5\n"),
    ]
    house = House.of(settings, declared(**PERIODS))
    for number in order:
        day, content = exports[number]
        house.land(f"shop/{number}.csv", f"Account,From,To,Spend\n{content}", at(day))
    found = [(str(r["period_start"]), str(r["period_end"]), r["spend"]) for r in house.view()]
    # The first fortnight is restated by two weeks; of the second, one day only.
    assert found == [
        ("2026-02-01", "2026-02-07", Decimal(30)),
        ("2026-02-08", "2026-02-14", Decimal(40)),
        ("2026-02-15", "2026-02-28", Decimal(200)),
        ("2026-02-20", "2026-02-20", Decimal(5)),
    ]


def test_the_last_day_of_a_rows_period_is_covered_too(settings: Settings) -> None:
    house = House.of(settings, declared(**PERIODS))
    landing = house.land("shop/1.csv", "Account,From,To,Spend\na,2026-02-01,2026-02-14,1\n")
    assert (landing.covered_from, landing.covered_to) == (date(2026, 2, 1), date(2026, 2, 14))


def history(house: House) -> list[tuple[str, Decimal, int, int | None]]:
    """Order, amount, and the days of March from and until when that held."""
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, house.landings, house.settings.landed)
        rows = fetched(
            connection.execute(
                "SELECT * FROM landed.shop__orders__history ORDER BY order_id, _valid_from"
            )
        )

    def day(moment: datetime | None) -> int | None:
        return moment.day if moment else None

    return [(r["order_id"], r["amount"], r["_valid_from"].day, day(r["_valid_to"])) for r in rows]


@pytest.mark.parametrize("order", [(1, 2, 3, 4, 5), (5, 4, 3, 2, 1), (3, 1, 5, 2, 4)])
def test_f054_every_version_of_a_list_is_kept_with_its_time(
    settings: Settings, order: tuple[int, ...]
) -> None:
    exports = {
        1: "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\n",
        2: "A1,2026-02-01,1,x\nA2,2026-02-01,20,x\n",  # A2 corrected
        3: "A1,2026-02-01,1,x\n",  # A2 gone
        4: "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\n",  # A2 back, as it was at first
        5: "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\nA3,2026-02-01,,x\n",
    }
    house = House.of(settings, declared(load={"rule": "snapshot"}))
    for number in order:
        house.land(f"shop/{number}.csv", ORDERS + exports[number], at(number))
    assert history(house) == [
        ("A1", Decimal(1), 1, None),
        ("A2", Decimal(2), 1, 2),
        ("A2", Decimal(20), 2, 3),
        ("A2", Decimal(2), 4, None),
        ("A3", None, 5, None),
    ]


def test_a_list_that_was_never_exported_has_an_empty_history(settings: Settings) -> None:
    house = House.of(settings, declared(load={"rule": "snapshot"}))
    assert history(house) == []


def test_a_list_that_was_empty_for_a_day_ends_every_version(settings: Settings) -> None:
    contract = declared(load={"rule": "snapshot"}, header_only="nothing_happened")
    house = House.of(settings, contract)
    for day, content in ((1, "A1,2026-02-01,1,x\n"), (2, ""), (3, "A1,2026-02-01,1,x\n")):
        house.land(f"shop/{day}.csv", ORDERS + content, at(day))
    assert history(house) == [("A1", Decimal(1), 1, 2), ("A1", Decimal(1), 3, None)]
