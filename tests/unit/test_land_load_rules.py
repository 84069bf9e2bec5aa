"""How a stream's exports make one table, in whatever order they arrived."""

# ruff: noqa: DTZ001  (landed time stamps are UTC without saying so, as DuckDB has them)

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from landed_exports import House, declared, fetched

from pipelines.land import Landing
from pipelines.land.load_rules import create_landed_views, still_holding
from pipelines.settings import Settings

HEADER = "Order,Date,Amount,Note\n"
SPEND: dict[str, Any] = {
    "columns": [
        {
            "name": "day",
            "headers": ["Day"],
            "type": "date",
            "formats": ["%Y-%m-%d"],
            "required": True,
        },
        {"name": "account", "headers": ["Account"], "type": "text", "required": True},
        {"name": "campaign", "headers": ["Campaign"], "type": "text", "required": True},
        {"name": "spend", "headers": ["Spend"], "type": "decimal(18,2)", "required": True},
    ],
    "key": ["day", "account", "campaign"],
    "load": {"rule": "window", "date": "day", "scope": ["account"]},
}
TOP = "Day,Account,Campaign,Spend\n"
ORDERS_OF_ARRIVAL = list(itertools.permutations([1, 2, 3]))


def at(day: int) -> datetime:
    """The moment an export was made."""
    return datetime(2026, 3, day, tzinfo=UTC)


def amounts(house: House) -> dict[str, Decimal]:
    """The amounts by order, as the view shows them."""
    rows = house.view()
    assert len(rows) == len({row["order_id"] for row in rows})
    return {row["order_id"]: row["amount"] for row in rows}


@pytest.mark.parametrize("order", ORDERS_OF_ARRIVAL)
def test_what_a_later_export_has_no_column_for_stays_and_what_it_leaves_empty_goes(
    settings: Settings, order: tuple[int, ...]
) -> None:
    exports = {
        1: HEADER + "A1,2026-02-01,1,first\nA2,2026-02-01,2,first\n",
        2: HEADER + "A1,2026-02-01,10,second\nA2,2026-02-01,20,\n",
        3: "Order,Date,Amount\nA1,2026-02-01,100\nA2,2026-02-01,200\nA3,2026-02-01,300\n",
    }
    house = House.of(settings)
    for number in order:
        house.land(f"shop/{number}.csv", exports[number], at(number))
    assert amounts(house) == {"A1": Decimal(100), "A2": Decimal(200), "A3": Decimal(300)}
    notes = {row["order_id"]: row["note"] for row in house.view()}
    assert notes == {"A1": "second", "A2": None, "A3": None}


@pytest.mark.parametrize("rule", ["append", "upsert"])
@pytest.mark.parametrize("order", ORDERS_OF_ARRIVAL)
def test_f007_the_newest_version_of_a_key_wins_in_any_order_of_arrival(
    settings: Settings, rule: str, order: tuple[int, ...]
) -> None:
    exports = {
        1: "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\n",
        2: "A1,2026-02-01,10,x\n",
        3: "A3,2026-02-01,3,x\n",
    }
    house = House.of(settings, declared(load={"rule": rule}))
    for number in order:
        house.land(f"shop/{number}.csv", HEADER + exports[number], at(number))
    assert amounts(house) == {"A1": Decimal(10), "A2": Decimal(2), "A3": Decimal(3)}


@pytest.mark.parametrize("order", ORDERS_OF_ARRIVAL)
def test_a_snapshot_is_the_newest_export_and_what_is_gone_is_gone(
    settings: Settings, order: tuple[int, ...]
) -> None:
    exports = {
        1: "A1,2026-02-01,1,x\nA2,2026-02-01,2,x\n",
        2: "A1,2026-02-01,10,x\nA4,2026-02-01,4,x\n",
        3: "A4,2026-02-01,5,x\nA4,2026-02-01,5,x\n",
    }
    house = House.of(settings, declared(load={"rule": "snapshot"}))
    for number in order:
        house.land(f"shop/{number}.csv", HEADER + exports[number], at(number))
    assert amounts(house) == {"A4": Decimal(5)}


def test_exports_of_one_moment_are_told_apart_by_their_bytes(settings: Settings) -> None:
    contents = [f"{HEADER}A1,2026-02-01,{n},x\n" for n in (1, 2)]
    found = []
    for order in (contents, contents[::-1]):
        house = House.of(settings)
        for number, content in enumerate(order):
            house.land(f"shop/{number}.csv", content, at(1))
        found.append(amounts(house))
        newest = max(house.landings, key=lambda landing: landing.landing_id)
        assert house.view()[0]["_landing_id"] == newest.landing_id
    assert found[0] == found[1]


@pytest.mark.parametrize("order", ORDERS_OF_ARRIVAL)
def test_f006_a_window_restates_its_days_of_its_accounts_and_nothing_else(
    settings: Settings, order: tuple[int, ...]
) -> None:
    exports = {
        # The first three days of two accounts.
        1: "2026-02-01,a,x,1\n2026-02-02,a,x,2\n2026-02-03,a,x,3\n2026-02-01,b,x,4\n"
        "2026-02-03,b,x,6\n",
        # Account a again from the second day on; campaign x had nothing on the third.
        2: "2026-02-02,a,x,20\n2026-02-03,a,y,30\n2026-02-04,a,x,40\n",
        # One day of account b.
        3: "2026-02-03,b,x,60\n",
    }
    house = House.of(settings, declared(**SPEND))
    for number in order:
        house.land(f"shop/{number}.csv", TOP + exports[number], at(number))
    assert [(str(r["day"]), r["account"], r["campaign"], r["spend"]) for r in house.view()] == [
        ("2026-02-01", "a", "x", Decimal(1)),
        ("2026-02-01", "b", "x", Decimal(4)),
        ("2026-02-02", "a", "x", Decimal(20)),
        ("2026-02-03", "a", "y", Decimal(30)),
        ("2026-02-03", "b", "x", Decimal(60)),
        ("2026-02-04", "a", "x", Decimal(40)),
    ]


def test_f064_a_row_that_a_newer_window_leaves_out_is_gone(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND))
    house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n2026-02-02,a,x,2\n2026-02-03,a,x,3\n", at(1))
    house.land("shop/2.csv", f"{TOP}2026-02-01,a,x,1\n2026-02-03,a,x,3\n", at(2))
    assert [row["spend"] for row in house.view()] == [Decimal(1), Decimal(3)]


def test_f011_one_day_in_two_files_is_not_added_up(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND))
    house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n", at(1))
    house.land("shop/2.csv", f"{TOP}2026-02-01,a,x,1.00\n", at(1))
    assert [row["spend"] for row in house.view()] == [Decimal(1)]


def test_a_landing_that_was_set_aside_shows_no_row_and_covers_no_day(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND, quarantine_limit=0))
    house.land("shop/1.csv", f"{TOP}2026-02-01,a,x,1\n", at(1))
    bad = house.land("shop/2.csv", f"{TOP}2026-02-01,a,x,2\n2026-02-01,a,y,?\n", at(2))
    assert bad.status == "set_aside"
    assert [row["spend"] for row in house.view()] == [Decimal(1)]


def test_a_stream_without_landing_is_an_empty_table_of_its_types(settings: Settings) -> None:
    house = House.of(settings, declared(**SPEND))
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, [], settings.landed)
        described = connection.execute("DESCRIBE landed.shop__orders").fetchall()
        assert connection.execute("SELECT * FROM landed.shop__orders").fetchall() == []
        assert connection.execute("SELECT * FROM landed.landings").fetchall() == []
    assert [(name, kind) for name, kind, *_ in described] == [
        ("day", "DATE"),
        ("account", "VARCHAR"),
        ("campaign", "VARCHAR"),
        ("spend", "DECIMAL(18,2)"),
        ("_landing_id", "VARCHAR"),
        ("_row_number", "BIGINT"),
        ("_exported_at", "TIMESTAMP"),
    ]


def test_the_columns_are_the_same_with_and_without_rows(settings: Settings) -> None:
    house = House.of(settings)
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, [], settings.landed)
        empty = connection.execute("DESCRIBE landed.shop__orders").fetchall()
        house.land("shop/1.csv", f"{HEADER}A1,2026-02-01,1,x\n")
        create_landed_views(connection, house.streams, house.landings, settings.landed)
        assert connection.execute("DESCRIBE landed.shop__orders").fetchall() == empty


def test_every_declared_stream_is_a_row_with_its_rank_landed_or_not(settings: Settings) -> None:
    ranked = declared(stream="spend", family="ads", spend_rank=2, restates_days=30)
    house = House.of(settings, declared(), ranked)
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, [], settings.landed)
        orders, spend = fetched(
            connection.execute("SELECT * FROM landed.streams ORDER BY table_name")
        )
    assert (orders["table_name"], orders["spend_rank"]) == ("shop__orders", None)
    assert spend == {
        "table_name": "shop__spend",
        "source": "shop",
        "stream": "spend",
        "family": "ads",
        "owner": "Shop",
        "description": "Orders of a shop.",
        "load_rule": "upsert",
        "spend_rank": 2,
        "completes_periods": True,
        "restates_days": 30,
    }


def test_the_landings_are_a_table_with_the_facts_of_their_contract(settings: Settings) -> None:
    house = House.of(settings, declared(restates_days=30))
    landing = house.land("shop/1.csv", f"{HEADER}A1,2026-02-01,1,x\n")
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, house.landings, settings.landed)
        (row,) = fetched(connection.execute("SELECT * FROM landed.landings"))
    assert row == {
        "landing_id": landing.landing_id,
        "source": "shop",
        "stream": "orders",
        "table_name": "shop__orders",
        "file": "shop/1.csv",
        "exported_at": datetime(2026, 3, 1),
        "covered_from": None,
        "covered_to": date(2026, 3, 1),
        "rows_in_file": 2,
        "rows_landed": 1,
        "rows_quarantined": 0,
        "rows_skipped": 1,
        "status": "accepted",
        "completes_periods": True,
        "restates_days": 30,
        "family": "finance",
        "owner": "Shop",
    }


def test_files_below_a_folder_with_a_strange_name_are_found(tmp_path: Path) -> None:
    home = tmp_path / "it's [1]*? é\n"
    (home / "inbox").mkdir(parents=True)
    house = House.of(Settings.from_environment(home=home))
    house.land("shop/1.csv", f"{HEADER}A1,2026-02-01,1,x\n", at(1))
    house.land("shop/2.csv", f"{HEADER}A1,2026-02-01,2,x\n", at(2))
    assert amounts(house) == {"A1": Decimal(2)}


FIRST = date(2026, 2, 1)
EXPORTS = st.lists(
    st.tuples(
        st.integers(1, 4),  # when it was made
        st.integers(0, 5),  # its first day
        st.integers(0, 3),  # how many days more
        st.sets(st.sampled_from(["a", "b"]), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


def stated(number: int, export: tuple[int, int, int, set[str]]) -> Landing:
    """A landing of a window, by its facts alone."""
    made, first, more, scopes = export
    return Landing(
        landing_id=f"{number:064d}",
        source="shop",
        stream="orders",
        table="shop__orders",
        file=f"shop/{number}.csv",
        size=1,
        exported_at=at(made),
        covered_from=FIRST + timedelta(first),
        covered_to=FIRST + timedelta(first + more),
        rows_in_file=1,
        rows_landed=1,
        rows_quarantined=0,
        rows_skipped={},
        drift=[],
        columns_missing=[],
        contract_digest="",
        parquet="",
        scopes=[[scope] for scope in sorted(scopes)],
    )


@given(exports=EXPORTS, shuffled=st.randoms())
@hypothesis_settings(max_examples=200, deadline=None)
def test_each_day_of_each_account_is_held_by_the_newest_export_that_covers_it(
    exports: list[tuple[int, int, int, set[str]]], shuffled: Any
) -> None:
    landings = [stated(number, export) for number, export in enumerate(exports)]
    # By definition, day by day and without stretches.
    expected = set()
    for scope in ("a", "b"):
        for day in (FIRST + timedelta(n) for n in range(10)):
            covering = [
                landing
                for landing in landings
                if [scope] in landing.scopes and landing.covered_from <= day <= landing.covered_to  # type: ignore[operator]
            ]
            # Exports of the same moment are parts of one.
            newest = max((each.exported_at for each in covering), default=None)
            for each in covering:
                if each.exported_at == newest:
                    expected.add((scope, day, each.landing_id))
    arrived = landings + landings[:1]
    shuffled.shuffle(arrived)
    found = {
        (scope[0], first + timedelta(n), held.landing.landing_id)
        for held in still_holding(arrived)
        for scope, stretches in held.days.items()
        for first, last in stretches
        for n in range((last - first).days + 1)
    }
    assert found == expected


@given(
    exports=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.lists(
                st.tuples(st.integers(1, 4), st.sampled_from("ab"), st.integers(1, 9)),
                min_size=1,
                max_size=4,
                unique_by=lambda row: row[:2],
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    shuffled=st.randoms(),
)
@hypothesis_settings(max_examples=10, deadline=None)
def test_f007_order_and_repetition_of_arrival_change_no_row(
    tmp_path_factory: pytest.TempPathFactory, exports: list[Any], shuffled: Any
) -> None:
    contents = {
        f"shop/{number}.csv": (
            # The file's number makes the bytes of each export its own.
            "File," + TOP + "".join(f"{number},2026-02-0{d},{w},x,{n}\n" for d, w, n in rows),
            at(made),
        )
        for number, (made, rows) in enumerate(exports)
    }
    once = list(contents)
    again = once + once[:2]
    shuffled.shuffle(again)
    views = []
    for order in (once, again):
        home = tmp_path_factory.mktemp("home")
        (home / "inbox").mkdir()
        house = House.of(Settings.from_environment(home=home), declared(**SPEND))
        seen = set()
        for name in order:
            landing = house.land(name, *contents[name])
            # The flow lands the same bytes once.
            if landing.landing_id in seen:
                house.landings.pop()
            seen.add(landing.landing_id)
        views.append(house.view())
    assert views[0] == views[1]


MONTHLY: dict[str, Any] = {
    **SPEND,
    "columns": [
        *SPEND["columns"],
        {"name": "until", "headers": ["Until"], "type": "date", "formats": ["%Y-%m-%d"]},
    ],
    "key": [],
    "load": {"rule": "window", "date": "day", "until": "until", "scope": ["account"]},
}
UNTIL = "Day,Until,Account,Campaign,Spend\n"


def periods(house: House) -> list[tuple[int, int, Decimal]]:
    """First and last day (of February) and spend of each row of the view."""
    return [(row["day"].day, row["until"].day, row["spend"]) for row in house.view()]


def test_a_period_is_restated_by_an_export_that_covers_it_whole(settings: Settings) -> None:
    house = House.of(settings, declared(**MONTHLY))
    house.land("shop/1.csv", f"{UNTIL}2026-02-01,2026-02-28,a,x,28\n", at(1))
    house.land("shop/2.csv", f"{UNTIL}2026-02-01,2026-02-28,a,x,29\n", at(2))
    assert periods(house) == [(1, 28, Decimal(29))]
    house.land("shop/3.csv", f"{UNTIL}2026-02-01,2026-02-01,a,x,1\n", at(3))
    assert periods(house) == [(1, 1, Decimal(1)), (1, 28, Decimal(29))]
    days = "".join(f"2026-02-{n:02},2026-02-{n:02},a,x,1\n" for n in range(1, 29))
    house.land("shop/4.csv", UNTIL + days, at(4))
    assert periods(house) == [(n, n, Decimal(1)) for n in range(1, 29)]


def test_a_later_export_of_a_month_leaves_its_days_as_they_are(settings: Settings) -> None:
    house = House.of(settings, declared(**MONTHLY))
    house.land("shop/1.csv", f"{UNTIL}2026-02-01,2026-02-01,a,x,1\n", at(1))
    month = house.land("shop/2.csv", f"{UNTIL}2026-02-01,2026-02-28,a,x,28\n", at(2))
    assert (month.covered_from, month.covered_to) == (date(2026, 2, 1), date(2026, 2, 28))
    assert periods(house) == [(1, 1, Decimal(1)), (1, 28, Decimal(28))]


def test_of_exports_that_overlap_in_part_each_shows_its_rows_once(settings: Settings) -> None:
    house = House.of(settings, declared(**MONTHLY))
    house.land("shop/1.csv", f"{UNTIL}2026-02-01,2026-02-28,a,x,28\n", at(1))
    house.land("shop/2.csv", f"{UNTIL}2026-02-05,2026-02-05,a,x,1\n", at(2))
    house.land("shop/3.csv", f"{UNTIL}2026-02-15,2026-02-15,a,x,2\n", at(3))
    assert periods(house) == [(1, 28, Decimal(28)), (5, 5, Decimal(1)), (15, 15, Decimal(2))]
