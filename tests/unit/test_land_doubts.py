"""Exports that can be read and are doubtful: another unit, another day, another word on one row."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from landed_exports import House, declared
from test_land_load_rules import SPEND, TOP, at, stated

from pipelines.land import Landing
from pipelines.land.doubts import contradictions, doubt
from pipelines.land.history import unit_jump
from pipelines.settings import Settings

ORDERS = "Order,Date,Amount,Note\n"
AMOUNTS = [Decimal("12.50"), Decimal("3.10"), Decimal("47.00"), Decimal("8.75"), Decimal("120.20")]


def day_of_orders(settings: Settings, day: int, factor: Decimal = Decimal(1)) -> Landing:
    columns = [
        {**column, "type": "decimal(18,6)"} if column["name"] == "amount" else column
        for column in declared().model_dump(mode="json")["columns"]
    ]
    house = House.of(settings, declared(columns=columns))
    rows = "".join(
        f"A{day}-{n},2026-02-01,{(amount + day) * factor},x\n" for n, amount in enumerate(AMOUNTS)
    )
    return house.land(f"shop/{day}.csv", ORDERS + rows, at(day))


@pytest.mark.parametrize("factor", ["100", "1000", "1000000", "0.01", "0.001"])
def test_f050_amounts_of_another_unit_are_held(settings: Settings, factor: str) -> None:
    before = [day_of_orders(settings, day) for day in range(1, 6)]
    landing = day_of_orders(settings, 6, Decimal(factor))
    held = doubt(declared(), landing, before, ())
    assert held is not None
    assert (held.code, held.column, held.file) == ("UNIT_JUMP", "amount", "shop/6.csv")
    assert "kpi quarantine accept 'shop/6.csv'" in held.remedy
    assert doubt(declared(), landing, before, {"UNIT_JUMP"}) is None
    assert doubt(declared(unit_jumps="expected"), landing, before, ()) is None


@pytest.mark.parametrize("factor", ["1", "2", "0.5", "10", "30"])
def test_f050_business_that_grows_is_not_held(settings: Settings, factor: str) -> None:
    before = [day_of_orders(settings, day) for day in range(1, 6)]
    landing = day_of_orders(settings, 6, Decimal(factor))
    assert doubt(declared(), landing, before, ()) is None


def test_f050_without_history_no_unit_can_have_changed(settings: Settings) -> None:
    landing = day_of_orders(settings, 6, Decimal(100))
    assert doubt(declared(), landing, [day_of_orders(settings, 1)], ()) is None


def test_f050_accounts_differ_in_size(settings: Settings) -> None:
    small = [
        replace(stated(n, (1, n, 0, {"a"})), sizes={"spend": ["9", "1", "5", "9"]})
        for n in range(5)
    ]
    large = replace(stated(9, (2, 9, 0, {"b"})), sizes={"spend": ["9", "100", "500", "900"]})
    assert unit_jump(large, small) is None
    assert unit_jump(replace(large, scopes=[["a"]]), small) is not None


def test_f050_of_ten_thousand_ordinary_days_none_is_held() -> None:
    """Amounts of very uneven size, a few a day: seeded, and counted."""
    chance = random.Random(20261125)

    def day(number: int) -> Landing:
        amounts = sorted(math.exp(chance.gauss(3, 1.5)) for _ in range(chance.randint(3, 12)))
        tenths = [amounts[int(share * (len(amounts) - 1))] for share in (0.1, 0.5, 0.9)]
        sizes = {"amount": [str(len(amounts)), *(f"{tenth:.6g}" for tenth in tenths)]}
        return replace(stated(number, (1, 0, 0, {"a"})), sizes=sizes)

    days = [day(number) for number in range(10_000)]
    held = [n for n in range(12, len(days)) if unit_jump(days[n], days[n - 12 : n])]
    assert held == []


def test_f020_rows_of_days_after_the_export_are_held(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND))
    landing = house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n2026-03-05,a,x,1\n", at(1))
    [stream] = house.streams.values()
    held = doubt(stream, landing, [], ())
    assert held is not None
    assert (held.code, held.value, held.column) == ("DATE_MISMATCH", "2026-03-05", "day")
    assert doubt(stream, landing, [], {"DATE_MISMATCH"}) is None
    early = house.land("shop/2.csv", f"{TOP}2026-03-02,a,x,1\n", at(1))
    assert doubt(stream, early, [], ()) is None


def doubtful(settings: Settings, contract: dict[str, Any], contents: list[str]) -> set[str]:
    """The files that contradict another, whichever came first."""
    found: list[set[str]] = []
    for number, order in enumerate(itertools.permutations(enumerate(contents))):
        house = House.of(settings, declared(**contract))
        [stream] = house.streams.values()
        names: set[str] = set()
        for place, content in order:
            house.land(f"shop/{number}/{place}.csv", content, at(1))
            for each in contradictions(settings, stream, house.landings):
                names.add(each.landing.file.rpartition("/")[2])
                assert each.landing.landing_id not in each.others
        found.append(names)
    assert all(names == found[0] for names in found)
    return found[0]


def test_f011_two_exports_of_one_moment_with_another_word_on_one_row(settings: Settings) -> None:
    contents = [
        f"{TOP}2026-02-01,a,x,1\n2026-02-01,a,y,2\n",
        f"{TOP}2026-02-01,a,y,2\n2026-02-01,a,z,3\n",
        f"{TOP}2026-02-01,a,z,4\n",
    ]
    assert doubtful(settings, SPEND, contents) == {"1.csv", "2.csv"}


def test_f011_parts_of_one_export_are_not_doubtful(settings: Settings) -> None:
    contents = [f"{TOP}2026-02-01,a,x,1\n", f"{TOP}2026-02-01,a,y,2\n2026-02-01,a,x,1.00\n"]
    assert doubtful(settings, SPEND, contents) == set()


def test_f011_without_a_key_two_exports_of_one_day_cannot_be_told_apart(
    settings: Settings,
) -> None:
    contents = [f"{TOP}2026-02-01,a,x,1\n2026-02-02,a,x,1\n", f"{TOP}2026-02-01,a,x,2\n"]
    assert doubtful(settings, {**SPEND, "key": []}, contents) == {"0.csv", "1.csv"}


def test_f011_without_a_key_other_days_or_accounts_are_parts(settings: Settings) -> None:
    contents = [f"{TOP}2026-02-01,a,x,1\n", f"{TOP}2026-02-02,a,x,2\n", f"{TOP}2026-02-01,b,x,2\n"]
    assert doubtful(settings, {**SPEND, "key": []}, contents) == set()


def test_f011_without_a_key_one_of_two_alike_is_enough(settings: Settings) -> None:
    contents = [f"{TOP}2026-02-01,a,x,1\n", f"{TOP}2026-02-01,a,x,1.00\n"]
    assert len(doubtful(settings, {**SPEND, "key": []}, contents)) == 1
