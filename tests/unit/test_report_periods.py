"""Which reports of several days are an account's spend: each day once, none lost needlessly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from landed_exports import House, declared, fetched

from pipelines.land.load_rules import create_landed_views
from pipelines.land.report_periods import Reported, ReportPeriod, account_key, choose
from pipelines.settings import Settings

JUNE = date(2026, 6, 1)
REPORT: dict[str, Any] = {
    "source": "adverts",
    "family": "ads",
    "columns": [
        *(
            {
                "name": name,
                "headers": [header],
                "type": "date",
                "formats": ["%Y-%m-%d"],
                "required": True,
            }
            for name, header in (("period_start", "From"), ("period_end", "To"))
        ),
        {"name": "account_id", "headers": ["Account"], "type": "text", "required": True},
        {"name": "spend_amount", "headers": ["Cost"], "type": "decimal(18,6)", "required": True},
    ],
    "key": [],
    "load": {
        "rule": "window",
        "date": "period_start",
        "until": "period_end",
        "scope": ["account_id"],
    },
}
TOP = "From,To,Account,Cost\n"


def reported(first: int, last: int, rank: int = 20, made: int = 1, table: str = "a__x") -> Reported:
    """A report of days that are counted from 1 June 2026 on, as 1."""
    days = [JUNE + timedelta(days=n - 1) for n in (first, last)]
    return Reported(table, "1", *days, rank, datetime(2026, 9, made, tzinfo=UTC))


def days(first: int, last: int) -> set[int]:
    """Days of June that are known by day."""
    return {JUNE.toordinal() + n - 1 for n in range(first, last + 1)}


def feeding(periods: list[ReportPeriod]) -> list[tuple[int, int]]:
    """The days, as in `reported`, of the periods that feed."""
    return [
        ((each.first - JUNE).days + 1, (each.last - JUNE).days + 1)
        for each in periods
        if each.feeds
    ]


def left_out(periods: list[ReportPeriod]) -> int:
    return sum(each.days_left_out for each in periods)


def test_a_month_that_is_known_day_by_day_is_a_view():
    chosen = choose([reported(1, 30)], days(1, 30))
    assert feeding(chosen) == []
    assert left_out(chosen) == 0


def test_f099_a_week_of_days_does_not_make_a_months_report_vanish():
    assert feeding(choose([reported(1, 30)], days(1, 7))) == [(1, 30)]


def test_a_month_that_finer_periods_cover_is_a_view_of_them():
    weeks = [reported(1, 7), reported(8, 14), reported(15, 21), reported(22, 28)]
    assert feeding(choose([reported(1, 30, rank=10), *weeks], days(29, 30))) == [
        (1, 7),
        (8, 14),
        (15, 21),
        (22, 28),
    ]
    assert feeding(choose([reported(1, 30), *weeks], set())) == [(1, 30)]


def test_exports_of_the_last_seven_days_made_every_day_count_each_day_once():
    every_day = [reported(n, n + 6, made=n) for n in range(1, 16)]  # the last is of 15 to 21
    chosen = choose(every_day, set())
    assert feeding(chosen) == [(1, 7), (8, 14), (15, 21)]
    assert left_out(chosen) == 0


def test_an_export_made_anew_in_the_middle_costs_no_day():
    """The newest first would take 4 to 10, and lose 1 to 3 and 11 to 14."""
    chosen = choose([reported(1, 7), reported(8, 14), reported(4, 10, made=9)], set())
    assert feeding(chosen) == [(1, 7), (8, 14)]


def test_the_longer_of_two_that_overlap_feeds_and_what_that_leaves_out_is_counted():
    longer, shorter = choose([reported(1, 20), reported(18, 24)], set())
    assert (longer.feeds, longer.days_left_out) == (True, 0)
    assert (shorter.feeds, shorter.days_left_out) == (False, 4)


def test_of_the_same_days_the_best_rank_feeds_and_then_the_newest():
    same = [
        reported(1, 7, rank=40, made=9, table="a__ads"),
        reported(1, 7, rank=20, made=1, table="a__campaigns"),
        reported(1, 7, rank=20, made=2, table="a__campaigns_again"),
    ]
    assert [each.table for each in choose(same, set()) if each.feeds] == ["a__campaigns_again"]


def test_search_terms_by_day_do_not_make_a_months_campaigns_a_view():
    """They are only a part of the money; where there is nothing else, they are what is known."""
    month = reported(1, 30)
    assert feeding(choose([month], set(), in_part=days(1, 30))) == [(1, 30)]
    of_terms = [reported(1, 30, rank=70), reported(31, 60, rank=70)]
    assert feeding(choose([reported(1, 7), *of_terms], set())) == [(1, 7), (31, 60)]
    assert feeding(choose(of_terms, days(1, 1), in_part=days(31, 60))) == []


def test_a_period_that_no_grain_contains_never_feeds():
    new_year = Reported(
        "a__x", "1", date(2025, 12, 1), date(2026, 1, 31), 1, datetime(2026, 2, 1, tzinfo=UTC)
    )
    (period,) = choose([new_year], set())
    assert (period.feeds, period.days_left_out) == (False, 62)


@pytest.mark.parametrize(("week_start", "feeds"), [("monday", True), ("sunday", False)])
def test_a_week_at_new_year_feeds_where_it_is_a_week_of_the_company(week_start: str, feeds: bool):
    monday = date(2025, 12, 29)
    week = Reported(
        "a__x", "1", monday, monday + timedelta(days=6), 1, datetime(2026, 2, 1, tzinfo=UTC)
    )
    assert [each.feeds for each in choose([week], set(), week_start=week_start)] == [feeds]


PERIODS = st.lists(
    st.tuples(st.integers(1, 20), st.integers(1, 9), st.integers(1, 3), st.integers(1, 9)),
    max_size=7,
)


@given(PERIODS, st.sets(st.integers(1, 29)))
@hypothesis_settings(max_examples=300, deadline=None)
def test_f099_no_day_counts_twice_and_as_few_as_can_be_are_left_out(
    drawn: list[tuple[int, int, int, int]], known: set[int]
):
    periods = [reported(a, a + n, rank, made) for a, n, rank, made in drawn]
    ordinals = {JUNE.toordinal() + n - 1 for n in known}
    chosen = choose(periods, ordinals)

    fed = [set(range(a, b + 1)) for a, b in feeding(chosen)]
    assert sum(map(len, fed)) == len(set().union(*fed))
    # All ways to choose, one by one.
    spans = [set(range(a, a + n + 1)) for a, n, *_ in drawn]
    coverable = [
        known.union(*some)
        for size in range(len(spans) + 1)
        for some in combinations(spans, size)
        if sum(map(len, some)) == len(set().union(*some))
    ]
    assert len(known.union(*fed)) == max(map(len, coverable))
    covered = known.union(*fed)
    for each in chosen:
        own = set(range((each.first - JUNE).days + 1, (each.last - JUNE).days + 2))
        assert each.days_left_out == len(own - covered)


def house_of(settings: Settings) -> House:
    streams = [
        declared(
            **REPORT,
            stream=name,
            spend_rank=rank,
            shapes=[{"name": "csv", "file_name": f"^{name}"}],
        )
        for name, rank in (("campaigns", 20), ("ads", 40))
    ]
    return House.of(settings, *streams)


def chosen_of(house: House) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, house.landings, house.settings.landed)
        return fetched(
            connection.execute(
                "SELECT * FROM landed.report_periods ORDER BY account_key, table_name, period_start"
            )
        )


def test_what_feeds_is_chosen_over_all_streams_of_an_account_and_for_each_account(
    settings: Settings,
) -> None:
    """Account 1-2 has June by campaign, and all of its days by ad; account 3 only June."""
    house = house_of(settings)
    house.land(
        "adverts/campaigns_of_june.csv",
        f"{TOP}2026-06-01,2026-06-30,1-2,30\n2026-06-01,2026-06-30,3,5\n",
    )
    house.land("adverts/ads.csv", f"{TOP}2026-06-01,2026-06-01,12,1\n2026-06-30,2026-06-30,12,1\n")
    assert [(row["account_key"], row["feeds"]) for row in chosen_of(house)] == [
        ("12", False),
        ("3", True),
    ]


def test_exports_by_day_have_no_row_here(settings: Settings) -> None:
    house = house_of(settings)
    house.land("adverts/ads.csv", f"{TOP}2026-06-01,2026-06-01,12,1\n")
    assert chosen_of(house) == []


def test_accounts_are_the_same_however_a_stream_writes_them():
    assert account_key("123-456-7890") == account_key("123 456 7890") == "1234567890"
    assert account_key("AB_c") == "abc"
