"""Which days of which export still hold, where later exports restate earlier ones (rule `window`).

Worked out from the landings' own facts, without reading a row. Exports of the same moment are parts
of one: they restate nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from pipelines.land.landing import Landing

Days = tuple[date, date]
Scope = tuple[str, ...]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """What still holds of one landing of a `window` stream."""

    landing: Landing
    days: Mapping[Scope, tuple[Days, ...]]
    """By scope, the stretches of days that no newer export restates."""
    is_shared: bool = False
    """Another part of the same export covers some of the same days."""

    @property
    def is_whole(self) -> bool:
        """Nothing of it was restated."""
        everything = ((self.landing.covered_from, self.landing.covered_to),)
        return len(self.days) == len(self.landing.scopes) and all(
            days == everything for days in self.days.values()
        )

    @property
    def is_alike(self) -> bool:
        """The same days hold for each of its scopes."""
        return len(self.days) == len(self.landing.scopes) and len(set(self.days.values())) == 1


@dataclass(frozen=True)
class Taken:
    """What newer exports cover, by scope."""

    by_day: dict[Scope, list[Days]]
    """Those whose rows are of single days."""
    by_any: dict[Scope, list[Days]]


def by_age(landings: Iterable[Landing]) -> list[Landing]:
    """Each landing once, oldest export first, in an order that arriving does not change.

    The same bytes that were exported again later are one landing of the later moment, which keeps
    the earlier ones.
    """
    moments: dict[tuple[str, str], set[str]] = {}
    newest: dict[tuple[str, str], Landing] = {}
    for landing in landings:
        # Two sources may send the same bytes: these are two landings.
        name = (landing.table, landing.landing_id)
        moments.setdefault(name, set()).update(
            (landing.exported_at.isoformat(), *landing.earlier_exports)
        )
        if name not in newest or newest[name].exported_at <= landing.exported_at:
            newest[name] = landing
    merged = [
        replace(landing, earlier_exports=earlier, is_moved=landing.is_moved or bool(earlier))
        for name, landing in newest.items()
        for earlier in [sorted(moments[name] - {landing.exported_at.isoformat()})]
    ]
    return sorted(merged, key=lambda landing: (landing.exported_at, landing.landing_id))


def still_holding(landings: Iterable[Landing]) -> list[Held]:
    """For each landing the days that hold of it: those it covers and no newer one does.

    A report of longer periods restates none of single days: it knows less of them. Landings of
    which nothing holds are left out.
    """
    taken = Taken({}, {})
    held: list[Held] = []
    newest_first = reversed(by_age(landings))
    for _, parts in groupby(newest_first, key=lambda landing: landing.exported_at):
        held += _of_one_export(list(parts), taken)
    return held


def winning_rows(held: Mapping[str, Sequence[Held]]) -> list[tuple[Any, ...]]:
    """Rows of `landed.winning_days`: table, landing, scope, first and last day."""
    rows: list[tuple[Any, ...]] = []
    for table, landings in held.items():
        for each in landings:
            if each.is_whole:
                continue
            # One line stands for all scopes where these are alike.
            scopes = list(each.days)[:1] if each.is_alike else list(each.days)
            rows += [
                (table, each.landing.landing_id, list(scope), first, last)
                for scope in scopes
                for first, last in each.days[scope]
            ]
    return rows


def newest_export(landings: Sequence[Landing]) -> list[Landing]:
    """The landings of the newest moment of export: one, or the parts of one."""
    newest: datetime | None = max((landing.exported_at for landing in landings), default=None)
    return [landing for landing in landings if landing.exported_at == newest]


def _of_one_export(parts: Sequence[Landing], taken: Taken) -> list[Held]:
    """What holds of the parts of one export; `taken` is what newer ones cover, and grows by it."""
    covered: dict[Scope, list[Days]] = {}
    by_day: dict[Scope, list[Days]] = {}
    held = []
    for landing in parts:
        first, last = landing.covered_from, landing.covered_to
        if first is None or last is None:
            continue
        scopes = [tuple(scope) for scope in landing.scopes]
        newer = taken.by_any if landing.has_periods else taken.by_day
        free = {scope: tuple(free_days((first, last), newer.get(scope, ()))) for scope in scopes}
        shared = any(
            start <= last and end >= first
            for scope in scopes
            for start, end in covered.get(scope, ())
        )
        for scope in scopes:
            covered.setdefault(scope, []).append((first, last))
            if not landing.has_periods:
                by_day.setdefault(scope, []).append((first, last))
        days = {scope: stretches for scope, stretches in free.items() if stretches}
        if days:
            held.append(Held(landing, days, shared))
    for before, now in ((taken.by_any, covered), (taken.by_day, by_day)):
        for scope, stretches in now.items():
            before[scope] = merged([*before.get(scope, ()), *stretches])
    return held


def free_days(wanted: Days, taken: Iterable[Days]) -> Iterable[Days]:
    """The stretches of `wanted` that are not in `taken`, which is in order and without overlap."""
    first, last = wanted
    for start, end in taken:
        if end < first or start > last:
            continue
        if start > first:
            yield first, start - ONE_DAY
        first = end + ONE_DAY
    if first <= last:
        yield first, last


def merged(stretches: Iterable[Days]) -> list[Days]:
    """The same days as few stretches, in order and apart from each other."""
    found: list[Days] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1] + ONE_DAY:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
