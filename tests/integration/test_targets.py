"""Targets of months, quarters and years, shared out among their days: against plain arithmetic.

The models' compiled SQL runs on tables made by hand. The oracle below is written from
docs/targets.md, in fractions, without a line of the program.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from models.contract import load_contracts
from pipelines.landed_sources import write_landed_sources
from tests.compiled_models import compiled, start_compiling

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
GRAINS = ("day", "week", "month", "quarter", "year")
FIRST, LAST = date(2025, 12, 29), date(2028, 1, 2)
RETAIL = dict.fromkeys(range(1, 11), 1) | {11: 3, 12: 7}


def months_of_the_year(day: date) -> dict[str, tuple[date, date]]:
    """The periods around a day as everyone counts them."""
    monday = day - timedelta(days=day.weekday())
    quarter = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    last = {n: calendar.monthrange(day.year, n)[1] for n in range(1, 13)}
    return {
        "day": (day, day),
        "week": (monday, monday + timedelta(days=6)),
        "month": (day.replace(day=1), day.replace(day=last[day.month])),
        "quarter": (
            quarter,
            quarter.replace(month=quarter.month + 2, day=last[quarter.month + 2]),
        ),
        "year": (date(day.year, 1, 1), date(day.year, 12, 31)),
    }


def four_four_five(day: date) -> dict[str, tuple[date, date]]:
    """The periods around a day where a quarter is 4, 4 and 5 weeks, and a year 52 of them."""
    weeks = (day - FIRST).days // 7
    year, week = divmod(weeks, 52)
    quarter, rest = divmod(week, 13)
    month, length = (0, 4) if rest < 4 else (4, 4) if rest < 8 else (8, 5)

    def span(first_week: int, number: int) -> tuple[date, date]:
        start = FIRST + timedelta(weeks=first_week)
        return start, start + timedelta(weeks=number, days=-1)

    return {
        "day": (day, day),
        "week": span(weeks, 1),
        "month": span(year * 52 + quarter * 13 + month, length),
        "quarter": span(year * 52 + quarter * 13, 13),
        "year": span(year * 52, 52),
    }


CALENDARS = {"months": months_of_the_year, "4-4-5": four_four_five}
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
PERIODS = {name: {day: periods(day) for day in DAYS} for name, periods in CALENDARS.items()}


@dataclass(frozen=True)
class Target:
    """A row of the export of targets."""

    grain: str
    period_start: date
    value: Decimal
    spread: str | None = None
    kpi: str = "revenue"
    level: str = "company"
    holder: str = ""
    part_of: str = ""
    slice: str = "total"
    slice_value: str = ""
    lower: Decimal | None = None
    upper: Decimal | None = None
    tolerance: Decimal | None = None
    valid_from: date | None = None
    version: int = 1


def shared_out(targets: Sequence[Target], periods: dict[date, Any]) -> dict[date, Decimal]:
    """By day, its share in the targets of one line: the shorter ones first."""
    shares: dict[date, Decimal] = {}
    working_days: dict[tuple[int, int], int] = defaultdict(int)
    for day in DAYS:
        working_days[day.year, day.month] += day.weekday() < 5
    for grain in GRAINS:
        for target in (one for one in targets if one.grain == grain):
            days = [day for day in DAYS if periods[day][grain][0] == target.period_start]
            if not days or periods[days[0]][grain][1] > LAST:
                continue
            rest = Fraction(target.value) - sum(Fraction(shares.get(day, 0)) for day in days)
            free = [day for day in days if day not in shares]
            weights = {
                day: Fraction(1)
                if target.spread == "days"
                else Fraction(day.weekday() < 5)
                * (
                    Fraction(RETAIL[day.month], working_days[day.year, day.month])
                    if target.spread == "retail"
                    else 1
                )
                for day in free
            }
            if not sum(weights.values()):
                weights = {day: Fraction(1) for day in free}
            whole, so_far, placed = sum(weights.values()), Fraction(0), Decimal(0)
            for day in free:
                so_far += weights[day]
                now = to_six_places(rest * so_far / whole)
                shares[day], placed = now - placed, now
    return shares


def to_six_places(amount: Fraction) -> Decimal:
    """Rounded half away from zero."""
    units = abs(amount) * 10**6
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-6)


class Mart:
    """The models of targets, on one set of rows after the other."""

    def __init__(self, folder: Path, models: dict[str, str]) -> None:
        self.models = models
        # The compiled SQL names the database after its file.
        self.connection = duckdb.connect(str(folder / "nowhere.duckdb"))
        for schema in ("staging", "intermediate", "kpi_mart"):
            self.connection.execute(f"create schema {schema}")
        self.connection.execute("""
            create table kpi_mart.dim_kpi as select * from (values
                ('revenue', 'time_and_slices', 'day, week, month, quarter, year'),
                ('clv', 'time_and_slices', 'month, quarter, year'),
                ('mrr', 'slices', 'day, week, month, quarter, year'),
                ('csat', 'none', 'day, week, month, quarter, year')
            ) as t (kpi, additive, grains)""")
        self.connection.execute(
            "create table staging.stg_targets__season_weights"
            " (season varchar, month_of_year bigint, weight bigint)"
        )
        self.connection.executemany(
            "insert into staging.stg_targets__season_weights values ('retail', ?, ?)",
            [list(row) for row in RETAIL.items()],
        )
        columns = ", ".join(f"{grain}_{end} date" for grain in GRAINS[1:] for end in ENDS)
        for name, periods in PERIODS.items():
            table = f'kpi_mart."{name}"'
            self.connection.execute(
                f"create table {table} (date_day date, {columns}, is_weekend boolean)"
            )
            rows = [
                [day, *(edge for grain in GRAINS[1:] for edge in around[grain]), day.weekday() > 4]
                for day, around in periods.items()
            ]
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"insert into {table} values ({marks})", rows)

    def build(self, targets: Sequence[Target], calendar_name: str = "months") -> None:
        """Compute the tables of targets from these rows."""
        self.connection.execute(
            f'create or replace view kpi_mart.dim_date as select * from kpi_mart."{calendar_name}"'
        )
        self.connection.execute(
            "create or replace table staging.stg_targets__kpi_targets" + TARGETS
        )
        self.connection.executemany(
            "insert into staging.stg_targets__kpi_targets values"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [
                    one.kpi, one.grain, one.period_start, one.slice, one.slice_value, one.level,
                    one.holder, one.part_of, one.spread, one.value, one.lower, one.upper,
                    one.tolerance, one.valid_from, one.version,
                ]
                for one in targets
            ],
        )  # fmt: skip
        for schema, name in MODELS:
            self.connection.execute(
                f"create or replace table {schema}.{name} as {self.models[name]}"
            )

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()

    def days(self, figure: str = "target") -> dict[date, Decimal]:
        """By day, its share."""
        sql = "select date_day, amount from intermediate.kpi_targets_daily where figure = ?"
        return dict(self.ask(sql, figure))

    def target(self, grain: str, start: date, column: str = "target", kpi: str = "revenue") -> Any:
        """What the company's whole is to reach in a period; None where nothing is known."""
        sql = f"""select {column} from kpi_mart.kpi_targets where kpi = ? and grain = ?
            and period_start = ? and level = 'company' and slice = 'total'"""
        rows = self.ask(sql, kpi, grain, start)
        assert len(rows) < 2
        return rows[0][0] if rows else None

    def found_by(self, test: str) -> list[tuple[Any, ...]]:
        """What a dbt test finds, but for the names of the line."""
        return self.ask(self.models[test])


ENDS = ("start_date", "end_date")
MODELS = (
    ("intermediate", "kpi_targets_stated"),
    ("intermediate", "kpi_targets_daily"),
    ("kpi_mart", "kpi_targets"),
)
TESTS = (
    "assert_targets_start_a_period",
    "assert_targets_are_spread_by_what_there_is",
    "assert_targets_of_periods_agree",
    "assert_targets_of_parts_agree",
)
TARGETS = """ (
    kpi varchar, grain varchar, period_start date, slice varchar, slice_value varchar,
    level varchar, holder varchar, part_of varchar, spread varchar, target_value decimal(38, 6),
    lower_value decimal(38, 6), upper_value decimal(38, 6), tolerance decimal(7, 6),
    valid_from date, version bigint
)"""
JANUARY, FIRST_QUARTER, THE_YEAR = date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    write_landed_sources(load_contracts(ROOT / "models" / "contracts"), PROJECT)
    folder = tmp_path_factory.mktemp("targets") / "compiled"
    wanted = " ".join([*(name for _, name in MODELS), *TESTS])
    running = start_compiling(PROJECT, "duckdb", folder, wanted)
    models = compiled(running, folder)
    tests = (folder / "compiled" / "kpi_mart" / "tests").glob("*.sql")
    models |= {file.stem: file.read_text(encoding="utf-8") for file in tests}
    mart = Mart(folder, models)
    yield mart
    mart.connection.close()


def months(values: Sequence[int], kpi: str = "revenue") -> list[Target]:
    return [Target("month", date(2026, n, 1), Decimal(v), kpi=kpi) for n, v in enumerate(values, 1)]


def test_a_month_is_spread_over_its_working_days(mart: Mart) -> None:
    """January 2026 has 22 working days; its first week of seven days begins on the 5th."""
    mart.build([Target("month", JANUARY, Decimal(2200))])

    assert mart.target("day", date(2026, 1, 2)) == 100  # a Friday
    assert mart.target("day", date(2026, 1, 3)) == 0
    assert mart.target("week", date(2026, 1, 5)) == 500
    assert mart.target("month", JANUARY) == 2200
    assert mart.target("month", JANUARY, "origin") == "stated"
    assert mart.target("week", date(2026, 1, 5), "origin") == "derived"
    # The week from 29 December is only partly in it, and a quarter needs its three months.
    assert mart.target("week", date(2025, 12, 29)) is None
    assert mart.target("quarter", FIRST_QUARTER) is None


def test_a_third_of_a_millionth_is_given_to_somebody(mart: Mart) -> None:
    """1 among three days: the millionths are 333333, 333334 and 333333, and sum to it."""
    mart.build(
        [
            Target("week", date(2026, 1, 5), Decimal(1)),
            *(Target("day", date(2026, 1, n), Decimal(0)) for n in (5, 6)),
        ]
    )
    days = [mart.target("day", date(2026, 1, n)) for n in (5, 6, 7, 8, 9, 10, 11)]
    thirds = [Decimal("0.333333"), Decimal("0.333334"), Decimal("0.333333")]
    assert days == [0, 0, *thirds, 0, 0]


def test_a_year_is_spread_by_the_seasons_weights(mart: Mart) -> None:
    """Ten months of 1, November of 3 and December of 7: a twentieth is 1."""
    mart.build([Target("year", THE_YEAR, Decimal(2000), "retail")])

    assert mart.target("month", JANUARY) == 100
    assert mart.target("month", date(2026, 11, 1)) == 300
    assert mart.target("month", date(2026, 12, 1)) == 700
    assert mart.target("quarter", date(2026, 10, 1)) == 1100
    # 23 working days of December.
    assert mart.target("day", date(2026, 12, 1)) == to_six_places(Fraction(700, 23))


def test_what_is_stated_of_a_month_is_kept_and_the_rest_goes_to_the_others(mart: Mart) -> None:
    """900 of the quarter, January 500: 400 for February's 20 and March's 22 working days."""
    mart.build(
        [
            Target("quarter", FIRST_QUARTER, Decimal(900)),
            Target("month", JANUARY, Decimal(500)),
        ]
    )
    february = mart.target("month", date(2026, 2, 1))
    assert february == to_six_places(Fraction(400 * 20, 42))
    assert february + mart.target("month", date(2026, 3, 1)) == 400
    assert mart.found_by("assert_targets_of_periods_agree") == []


def test_months_that_fill_a_quarter_make_its_target(mart: Mart) -> None:
    mart.build(months([100, 200, 300]))
    assert mart.target("quarter", FIRST_QUARTER) == 600
    assert mart.target("quarter", FIRST_QUARTER, "origin") == "derived"
    assert mart.target("year", THE_YEAR) is None


def test_a_quarter_that_its_months_contradict_is_named_with_the_difference(mart: Mart) -> None:
    mart.build([*months([100, 200, 300]), Target("quarter", FIRST_QUARTER, Decimal(650))])

    assert mart.found_by("assert_targets_of_periods_agree") == [
        ("revenue", "quarter", FIRST_QUARTER, "total", "", Decimal(650), Decimal(600), Decimal(-50))
    ]
    assert mart.target("quarter", FIRST_QUARTER) == 650  # as it is stated
    assert mart.target("quarter", FIRST_QUARTER, "periods_target") == 600


def test_a_quarter_that_leaves_less_than_nothing_for_march_is_named(mart: Mart) -> None:
    mart.build([*months([400, 300]), Target("quarter", FIRST_QUARTER, Decimal(600))])

    assert mart.found_by("assert_targets_of_periods_agree") == [
        ("revenue", "quarter", FIRST_QUARTER, "total", "", Decimal(600), Decimal(700), Decimal(100))
    ]


def test_months_and_quarters_of_a_balance_need_not_sum(mart: Mart) -> None:
    mart.build(
        [*months([100, 200, 300], "mrr"), Target("quarter", FIRST_QUARTER, Decimal(310), kpi="mrr")]
    )
    assert mart.found_by("assert_targets_of_periods_agree") == []
    assert mart.target("day", JANUARY, kpi="mrr") is None


def test_a_rate_holds_in_each_part_where_that_is_said(mart: Mart) -> None:
    mart.build(
        [
            Target("year", THE_YEAR, Decimal("0.8"), "same", "csat"),
            Target("quarter", FIRST_QUARTER, Decimal("0.7"), "same", "csat"),
            Target("month", date(2026, 2, 1), Decimal("0.6"), None, "csat"),
        ]
    )
    found = [mart.target("month", date(2026, n, 1), kpi="csat") for n in (1, 2, 4)]
    assert found == [Decimal("0.7"), Decimal("0.6"), Decimal("0.8")]
    assert mart.target("week", date(2026, 3, 30), kpi="csat") == Decimal("0.8")  # of two quarters
    assert mart.target("quarter", date(2026, 4, 1), kpi="csat") == Decimal("0.8")


def test_a_kpi_of_months_has_no_target_of_a_day(mart: Mart) -> None:
    mart.build([Target("quarter", FIRST_QUARTER, Decimal(620), kpi="clv")])
    assert mart.target("month", JANUARY, kpi="clv") == to_six_places(Fraction(620 * 22, 64))
    assert mart.target("day", date(2026, 1, 2), kpi="clv") is None
    assert mart.target("week", date(2026, 1, 5), kpi="clv") is None


def test_the_first_version_stands_beside_the_one_in_force(mart: Mart) -> None:
    """The run's day is 1 July 2026: the third version has not come yet."""
    first = Target("month", JANUARY, Decimal(2200), lower=Decimal(2000))
    mart.build(
        [
            first,
            replace(first, value=Decimal(1100), lower=None, version=2, valid_from=date(2026, 1, 9)),
            replace(first, value=Decimal(9), version=3, valid_from=date(2026, 7, 2)),
        ]
    )
    friday = date(2026, 1, 2)
    said = "target, original_target, lower_value, original_lower_value, version, valid_from"
    (month,) = mart.ask(f"select {said} from kpi_mart.kpi_targets where grain = 'month'")
    assert month == (1100, 2200, None, 2000, 2, date(2026, 1, 9))
    assert mart.target("day", friday) == 50
    assert mart.target("day", friday, "original_target") == 100
    assert mart.target("day", friday, "original_lower_value") == to_six_places(Fraction(2000, 22))


def test_the_targets_of_teams_are_held_against_the_companys(mart: Mart) -> None:
    team = Target("month", JANUARY, Decimal(600), level="team", holder="North")
    person = replace(team, level="person", part_of="North", slice="owner")
    mart.build(
        [
            Target("month", JANUARY, Decimal(1000)),
            team,
            replace(team, holder="South", value=Decimal(300)),
            replace(person, holder="Ada", slice_value="ada", value=Decimal(350)),
            replace(person, holder="Bo", slice_value="bo", value=Decimal(250)),
        ]
    )
    assert mart.target("month", JANUARY, "parts_target") == 900
    assert mart.found_by("assert_targets_of_parts_agree") == [
        ("revenue", "month", JANUARY, "total", "", "company",
         Decimal(1000), Decimal(900), Decimal(-100))
    ]  # fmt: skip
    north = """select parts_target from kpi_mart.kpi_targets where holder = 'North'
        and grain = 'month'"""
    assert mart.ask(north) == [(600,)]


def test_the_targets_of_teams_for_a_rate_are_not_summed(mart: Mart) -> None:
    whole = Target("month", JANUARY, Decimal("0.8"), kpi="csat")
    mart.build([whole, replace(whole, level="team", holder="North")])
    assert mart.target("month", JANUARY, "parts_target", "csat") is None


def test_a_target_that_starts_no_period_is_named(mart: Mart) -> None:
    mart.build(
        [Target("month", date(2026, 1, 15), Decimal(1)), Target("month", JANUARY, Decimal(1))]
    )
    assert mart.found_by("assert_targets_start_a_period") == [
        ("revenue", "month", date(2026, 1, 15), "total", "")
    ]


def test_a_spread_that_there_is_not_is_named_and_nothing_is_spread(mart: Mart) -> None:
    mart.build(
        [
            Target("month", JANUARY, Decimal(1), "retial"),
            Target("month", JANUARY, Decimal(1), "retail", "csat"),
            Target("year", THE_YEAR, Decimal(1), "retail"),
            Target("year", THE_YEAR, Decimal(1), "same", "csat"),
        ]
    )
    found = mart.found_by("assert_targets_are_spread_by_what_there_is")
    assert sorted((row[0], row[-1]) for row in found) == [("csat", "retail"), ("revenue", "retial")]


def test_a_year_that_the_calendar_does_not_reach_is_not_spread_yet(mart: Mart) -> None:
    mart.build([Target("year", date(2028, 1, 1), Decimal(1200))])
    assert mart.days() == {}
    assert mart.target("year", date(2028, 1, 1)) == 1200


amounts = st.decimals(-(10**9), 10**9, places=6, allow_nan=False)
spreads = st.sampled_from([None, "working_days", "days", "retail"])


@st.composite
def plans(draw: st.DrawFn, calendar_name: str) -> list[Target]:
    """Targets of one line, any grains and periods of two years, each at most once."""
    periods = PERIODS[calendar_name]
    chosen = draw(
        st.lists(
            st.tuples(st.sampled_from(GRAINS), st.sampled_from(DAYS[3:])), min_size=1, max_size=8
        )
    )
    starts = {(grain, periods[day][grain][0]) for grain, day in chosen}
    return [
        Target(grain, start, draw(amounts), draw(spreads))
        for grain, start in sorted(starts)
        if start in periods
    ]


@pytest.mark.parametrize("name", CALENDARS)
@how(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_days_are_what_plain_arithmetic_says_and_every_part_sums_to_its_whole(
    mart: Mart, name: str, data: st.DataObject
) -> None:
    plan = data.draw(plans(name))
    periods = PERIODS[name]
    mart.build(plan, name)
    days = mart.days()

    assert days == shared_out(plan, periods)
    spans = {(grain, span[0]): span for day in DAYS for grain, span in periods[day].items()}
    parts: dict[tuple[str, date], list[Decimal]] = defaultdict(list)
    for day, amount in days.items():
        for grain, span in periods[day].items():
            parts[grain, span[0]].append(amount)
    known = "select grain, period_start, target, origin, periods_target from kpi_mart.kpi_targets"
    found = {(grain, start): said for grain, start, *said in mart.ask(known)}
    filled = {
        cell
        for cell, amounts in parts.items()
        if len(amounts) == (spans[cell][1] - spans[cell][0]).days + 1
    }
    stated = {(one.grain, one.period_start): one.value for one in plan}
    assert found.keys() == filled | stated.keys()
    for cell in filled:
        target, origin, of_shorter_ones = found[cell]
        if origin == "derived":
            assert target == sum(parts[cell])
        else:
            assert target == stated[cell]
            assert sum(parts[cell]) == (target if of_shorter_ones is None else of_shorter_ones)
