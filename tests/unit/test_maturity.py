"""How much of a final figure is known how early, learned from exports with a lag that is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import pytest
from landed_exports import House, declared

from pipelines.land.load_rules import create_landed_views
from pipelines.settings import Settings

FIRST = date(2026, 1, 1)
ONE_DAY = timedelta(days=1)
# Of what is said of a day in the end, what the vendor says so many days after; then all of it.
KNOWN = {
    "spend_amount": [Decimal(1)],
    "conversions": [Decimal(n) for n in ("0", "0.25", "0.5", "0.5", "0.875")],
}
RESTATES = 6
Curves = dict[str, list[tuple[int, Decimal]]]


def share(measure: str, age: int) -> Decimal:
    return KNOWN[measure][age] if age < len(KNOWN[measure]) else Decimal(1)


def final(measure: str, day: date, account: str) -> Decimal:
    """What is said in the end: another amount each day, of which every share has few digits."""
    n = (day - FIRST).days * 37 % 11 + 1
    return Decimal(8 * n * (3 if account == "A" else 1) + (8 if measure == "conversions" else 0))


def house_of(settings: Settings, restates_days: int = RESTATES) -> House:
    text = {"type": "text", "required": True}
    number = {"type": "decimal(18,6)", "required": True}
    day = {"type": "date", "formats": ["%Y-%m-%d"], "required": True}
    columns = [
        {"name": "day", "headers": ["Day"], **day},
        {"name": "account_id", "headers": ["Account"], **text},
        {"name": "spend_amount", "headers": ["Spend"], **number},
        {"name": "conversions", "headers": ["Conversions"], **number},
    ]
    return House.of(
        settings,
        declared(
            stream="spend",
            family="ads",
            columns=columns,
            key=["day", "account_id"],
            load={"rule": "window", "date": "day", "scope": ["account_id"]},
            restates_days=restates_days,
        ),
    )


def export(house: House, on: date, days: int, accounts: str = "AB", newest_age: int = 1) -> None:
    """What the vendor says of so many days, the last of which was `newest_age` days before."""
    lines = ["Day,Account,Spend,Conversions"]
    for age in range(newest_age, newest_age + days):
        day = on - age * ONE_DAY
        for account in accounts:
            said = [final(each, day, account) * share(each, age) for each in KNOWN]
            lines.append(f"{day},{account},{said[0]},{said[1]}")
    moment = datetime.combine(on, time(6), tzinfo=UTC)
    house.land(f"shop/{on} {newest_age}.csv", "\n".join(lines) + "\n", moment)


def learned(house: House) -> Curves:
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, house.landings, house.settings.landed)
        rows = connection.execute(
            "select measure, age_days, known_share from landed.maturity order by all"
        ).fetchall()
    curves: Curves = {}
    for measure, age, known in rows:
        curves.setdefault(measure, []).append((age, known))
    return curves


def as_known(ages: Iterable[int]) -> Curves:
    return {measure: [(age, share(measure, age)) for age in ages] for measure in sorted(KNOWN)}


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_share_that_is_known_at_each_age_is_learned_from_exports_of_the_last_days(
    settings: Settings, newest_first: bool
) -> None:
    house = house_of(settings)
    days = [FIRST + n * ONE_DAY for n in range(20)]
    for on in reversed(days) if newest_first else days:
        export(house, on, 8)
    assert learned(house) == as_known(range(1, 9))


def test_a_week_of_exports_is_enough_to_follow_days_of_every_age(settings: Settings) -> None:
    """Only one day is seen from its first to its last age; each age and the next, by seven."""
    house = house_of(settings)
    for n in range(8):
        export(house, FIRST + n * ONE_DAY, 8)
    assert learned(house) == as_known(range(1, 9))


def test_days_whose_newest_export_came_early_are_no_measure(settings: Settings) -> None:
    """Six days after a day it is final; exports of five days never say so."""
    house = house_of(settings)
    for n in range(20):
        export(house, FIRST + n * ONE_DAY, RESTATES - 1)
    assert learned(house) == {}


def test_few_days_are_not_believed(settings: Settings) -> None:
    """Of six exports of the last six days there are six days that are known to the end."""
    house = house_of(settings)
    for n in range(6):
        export(house, FIRST + n * ONE_DAY, RESTATES)
    assert learned(house) == {}


def test_an_account_is_held_against_itself(settings: Settings) -> None:
    """B, in every second export only, does not make A's early figures look small."""
    house = house_of(settings)
    for n in range(40):
        export(house, FIRST + n * ONE_DAY, 8, "AB" if n % 2 else "A")
    assert learned(house) == as_known(range(1, 9))


def test_between_two_ages_the_earlier_one_stands(settings: Settings) -> None:
    """No age is odd where every second day has an export that speaks of every second day only."""
    house = house_of(settings)
    for n in range(0, 40, 2):
        for age in (2, 4, 6, 8):
            export(house, FIRST + n * ONE_DAY, 1, newest_age=age)
    found = learned(house)
    assert found["conversions"] == [
        (age, share("conversions", age - age % 2)) for age in range(2, 9)
    ]


def test_what_is_never_restated_has_no_curve(settings: Settings) -> None:
    house = house_of(settings, restates_days=0)
    for n in range(20):
        export(house, FIRST + n * ONE_DAY, 8)
    assert learned(house) == {}
