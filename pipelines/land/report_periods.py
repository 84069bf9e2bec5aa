"""Which reports of several days are an account's spend, and which are views of it.

Belongs here: that choice, for all ad reports that one account has of periods longer than a day. Of
single days the one with the lowest rank is taken, which SQL says (`int_ads__report_choices`).

A row of a month cannot be cut into days. So a period feeds spend as a whole or not at all, and two
that overlap never both do. Of all ways to choose, the one is taken that leaves the fewest days
without spend; then the one that keeps the most days which are known by day; then the finest, the
best ranked, and the newest. It is a choice over the whole account at once (weighted interval
scheduling): going by the longest or the newest first would lose days in a chain of overlapping
exports, as everyone has who exports "the last 7 days" now and then.

A report of a part of the money (keywords, placements, search terms: from rank `PART_OF_MONEY_FROM`
on) makes no report of all of it a view; it feeds where there is nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.contract import PART_OF_MONEY_FROM, Stream
from pipelines.land import sql

if TYPE_CHECKING:
    import duckdb

    from pipelines.land.restated import Held

ACCOUNT = "account_id"
IGNORED = str.maketrans("", "", "-_ ")
Account = tuple[str, str]
Days = tuple[date, date]
Worth = tuple[int, int, int, int, int]
NOTHING: Worth = (0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Reported:
    """A period of several days of which a stream has rows of an account."""

    table: str
    account_key: str
    first: date
    last: date
    rank: int
    exported_at: datetime


@dataclass(frozen=True)
class ReportPeriod:
    """A reported period, and what became of it."""

    table: str
    account_key: str
    first: date
    last: date
    feeds: bool
    days_left_out: int
    """Days of it that are in no figure: neither known by day nor in a period that feeds."""


def account_key(account: str) -> str:
    """An account as all streams of a source write it; `account_key` in SQL does the same."""
    return account.casefold().translate(IGNORED)


def chosen_periods(
    connection: duckdb.DuckDBPyConnection,
    streams: Mapping[str, Stream],
    held: Mapping[str, Sequence[Held]],
    week_start: str = "monday",
) -> list[ReportPeriod]:
    """Every reported period of several days of the ranked streams, and whether it feeds spend.

    Args:
        connection: to the database with the landed views.
        streams: every contract; those with a `spend_rank` have a part in this.
        held: of each stream with load rule `window`, what holds of its landings.
        week_start: monday or sunday.
    """
    by_day: dict[Account, set[int]] = {}
    in_part: dict[Account, set[int]] = {}
    reported: dict[Account, list[Reported]] = {}
    for table, stream in streams.items():
        if stream.spend_rank is None or not held.get(table):
            continue
        of_all = stream.spend_rank < PART_OF_MONEY_FROM
        for account, (first, last) in _days_by_day(stream, held[table]):
            known = (by_day if of_all else in_part).setdefault((stream.source, account), set())
            known.update(range(first.toordinal(), last.toordinal() + 1))
        if stream.load.until and any(each.landing.has_periods for each in held[table]):
            for each in _reported(connection, stream):
                reported.setdefault((stream.source, each.account_key), []).append(each)
    return [
        period
        for account, periods in sorted(reported.items())
        for period in choose(
            periods, by_day.get(account, set()), in_part.get(account, set()), week_start
        )
    ]


def choose(
    reported: Iterable[Reported],
    known: set[int],
    in_part: Iterable[int] = (),
    week_start: str = "monday",
) -> list[ReportPeriod]:
    """Which of one account's periods feed its spend.

    Args:
        reported: its periods, of all streams.
        known: the days (ordinals) that an export by day of all the money covers.
        in_part: those that one of a part of the money covers.
        week_start: monday or sunday.
    """
    every = sorted(reported, key=lambda each: (each.last, each.first, each.table))
    best: dict[Days, Reported] = {}
    for each in sorted(every, key=_preference):
        if _is_in_a_grain(each.first, each.last, week_start):
            best.setdefault((each.first, each.last), each)
    of_all = [each for each in best.values() if each.rank < PART_OF_MONEY_FROM]
    feeding = list(_worth_most(of_all, known))
    covered = known.union(*map(_ordinals, feeding))
    of_a_part = [
        each
        for each in best.values()
        if each.rank >= PART_OF_MONEY_FROM and covered.isdisjoint(_ordinals(each))
    ]
    feeding += _worth_most(of_a_part, set(in_part))
    covered = covered.union(in_part, *map(_ordinals, feeding))
    chosen = {id(each) for each in feeding}
    return [
        ReportPeriod(
            table=each.table,
            account_key=each.account_key,
            first=each.first,
            last=each.last,
            feeds=id(each) in chosen,
            days_left_out=sum(day not in covered for day in _ordinals(each)),
        )
        for each in every
    ]


def _worth_most(periods: list[Reported], known: set[int]) -> Iterator[Reported]:
    """The periods, none overlapping another, that together are worth the most."""
    periods = sorted(periods, key=lambda each: (each.last, each.first))
    ends = [each.last for each in periods]
    before = [bisect_left(ends, each.first) for each in periods]
    """How many of the periods end before this one begins."""
    most = [NOTHING]
    for place, each in enumerate(periods):
        most.append(max(most[-1], _added(most[before[place]], _worth(each, known))))
    place = len(periods)
    while place:
        if most[place] == most[place - 1]:
            place -= 1
        else:
            yield periods[place - 1]
            place = before[place - 1]


def _worth(period: Reported, known: set[int]) -> Worth:
    days = _ordinals(period)
    lost = sum(day in known for day in days)
    return len(days) - lost, -lost, 1, -period.rank, int(period.exported_at.timestamp())


def _added(one: Worth, other: Worth) -> Worth:
    first, second, third, fourth, fifth = (a + b for a, b in zip(one, other, strict=True))
    return first, second, third, fourth, fifth


def _preference(period: Reported) -> tuple[Any, ...]:
    """Of reports of the very same days the best ranked comes first, then the newest."""
    return period.rank, -period.exported_at.timestamp(), period.table


def _ordinals(period: Reported) -> range:
    return range(period.first.toordinal(), period.last.toordinal() + 1)


def _is_in_a_grain(first: date, last: date, week_start: str) -> bool:
    """Whether a week or a year (and with it perhaps a month or quarter) has all of the days."""
    if first.year == last.year:
        return True
    into_week = first.isoweekday() % 7 if week_start == "sunday" else first.weekday()
    return last <= first + timedelta(days=6 - into_week)


def _days_by_day(stream: Stream, held: Sequence[Held]) -> Iterator[tuple[str, Days]]:
    """The days of which exports by day speak, days without a row included, by account."""
    place = stream.load.scope.index(ACCOUNT) if ACCOUNT in stream.load.scope else None
    for each in held:
        if each.landing.has_periods:
            continue
        for scope, stretches in each.days.items():
            account = account_key(scope[place]) if place is not None else ""
            for days in stretches:
                yield account, days


def _reported(connection: duckdb.DuckDBPyConnection, stream: Stream) -> Iterator[Reported]:
    first, last = sql.identifier(stream.load.date or ""), sql.identifier(stream.load.until or "")
    has_account = any(column.name == ACCOUNT for column in stream.columns)
    account = f"CAST({sql.identifier(ACCOUNT)} AS VARCHAR)" if has_account else "''"
    found = connection.execute(
        f"""SELECT {account}, CAST({first} AS DATE), CAST({last} AS DATE), max(_exported_at)
        FROM landed.{sql.identifier(stream.table)} WHERE {last} > {first} GROUP BY ALL"""
    ).fetchall()
    newest: dict[tuple[str, date, date], datetime] = {}
    for name, start, end, exported_at in found:
        key = account_key(name or ""), start, end
        newest[key] = max(newest.get(key, exported_at), exported_at)
    for (name, start, end), exported_at in newest.items():
        made = exported_at.replace(tzinfo=UTC)
        yield Reported(stream.table, name, start, end, stream.spend_rank or 0, made)
