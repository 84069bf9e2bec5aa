"""What a load rule means, in plain dictionaries: exports of rows in, the state they make out.

Written from docs/contracts.md and on purpose without a line of the program: no landing, no SQL, no
stretches of days. It is slow, and only right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from landed_exports import declared

from models.contract import Stream


class Row(NamedTuple):
    """A record of the exports that are made up here."""

    day: date
    until: date
    account: str | None
    item: str
    amount: Decimal
    note: str | None

    @property
    def key(self) -> tuple[date, str | None, str]:
        """What tells it from other records, where the rule has a key."""
        return self.day, self.account, self.item


@dataclass(frozen=True)
class Rule:
    """A load rule, and what of its declaration makes a difference."""

    name: str
    load: str
    has_key: bool = True
    has_scope: bool = False
    has_periods: bool = False
    """Rows may speak of several days."""
    states_days: bool = False
    """A line above the header says which days the export covers."""

    @property
    def stream(self) -> Stream:
        """The contract."""
        day = {"type": "date", "formats": ["%Y-%m-%d"], "required": True}
        load: dict[str, Any] = {"rule": self.load}
        if self.load == "window":
            load |= {"date": "day", "scope": ["account"] if self.has_scope else []}
        if self.has_periods:
            load["until"] = "until"
        period = {
            "day": "day",
            "stated": [{"preamble": r"^Days: (\S+) - (\S+)$"}],
            "formats": ["%Y-%m-%d"],
        }
        return declared(
            shapes=[{"name": "csv", "preamble_rows": 1 if self.states_days else 0}],
            columns=[
                {"name": "day", "headers": ["Day"], **day},
                {"name": "until", "headers": ["Until"], **day},
                # A key and a scope may be empty where the contract says so.
                {"name": "account", "headers": ["Account"], "type": "text", "nullable": True,
                 "required": True},
                {"name": "item", "headers": ["Item"], "type": "text", "required": True},
                {"name": "amount", "headers": ["Amount"], "type": "decimal(18,2)",
                 "required": True, "nullable": False},
                {"name": "note", "headers": ["Note"], "type": "text"},
            ],
            key=["day", "account", "item"] if self.has_key else [],
            load=load,
            period=period if self.states_days else None,
            exported_at={"file_name": r"(\d{4}-\d{2}-\d{2})"},
            header_only="nothing_happened" if self.states_days else "quarantine",
            # What is held for a person's word is held by the history that it meets.
            unit_jumps="expected",
        )  # fmt: skip


RULES = [
    Rule("append", "append"),
    Rule("upsert", "upsert"),
    Rule("snapshot", "snapshot"),
    Rule("snapshot_without_key", "snapshot", has_key=False),
    Rule("window", "window", has_scope=True),
    Rule("window_of_everything", "window"),
    Rule("window_without_key", "window", has_key=False, has_scope=True),
    Rule("window_of_periods", "window", has_key=False, has_scope=True, has_periods=True),
    Rule("window_of_stated_days", "window", states_days=True),
]


@dataclass(frozen=True)
class Sent:
    """One file, or one of the parts of an export, as it was sent at a moment."""

    moment: int
    rows: tuple[Row, ...]
    broken: int = 0
    """So many rows more, of which nothing can be read."""
    stated: tuple[date, date] | None = None

    @property
    def counts(self) -> bool:
        """Not set aside: at most one row of so small a file may be broken, and not all of them."""
        return self.broken <= 1 and bool(self.rows or not self.broken)

    def covers(self, rule: Rule) -> set[tuple[str | None, date]]:
        """Window: every day between the first and the last, of every account in it."""
        ends = [end for row in self.rows for end in (row.day, row.until)] + list(self.stated or ())
        if not ends:
            return set()
        days = (max(ends) - min(ends)).days + 1
        scopes = {row.account for row in self.rows} if rule.has_scope else {None}
        return {(scope, min(ends) + timedelta(n)) for scope in scopes for n in range(days)}


State = Counter[tuple[Row, int]]
"""How often a row counts, with the moment of the export it is taken from."""


def state(rule: Rule, files: Iterable[Sent]) -> State:
    """The rows that figures are computed from."""
    exports = _by_moment(files)
    if rule.load == "snapshot":
        exports = _whole(files)
        newest = max(exports, default=0)
        return _rows(rule, newest, exports.get(newest, ()))
    if rule.load == "window":
        return _window(rule, exports)
    found: dict[Any, tuple[Row, int]] = {}
    for moment in sorted(exports):
        found |= {row.key: (row, moment) for each in exports[moment] for row in each.rows}
    return Counter(found.values())


def history(files: Iterable[Sent]) -> Counter[tuple[Row, int, int | None]]:
    """Snapshot with a key: each version of a record, from and until which moment it held."""
    exports = _whole(files)
    versions: Counter[tuple[Row, int, int | None]] = Counter()
    since: dict[Row, int] = {}
    for moment in sorted(exports):
        now = {row for each in exports[moment] for row in each.rows}
        for row in set(since) - now:
            versions[row, since.pop(row), moment] += 1
        since |= dict.fromkeys(now - set(since), moment)
    versions.update((row, start, None) for row, start in since.items())
    return versions


def _whole(files: Iterable[Sent]) -> Mapping[int, list[Sent]]:
    """The lists of which every part counts: without one, what only that names would be gone."""
    files = list(files)
    lacking = {each.moment for each in files if not each.counts}
    return {at: parts for at, parts in _by_moment(files).items() if at not in lacking}


def _by_moment(files: Iterable[Sent]) -> Mapping[int, list[Sent]]:
    exports: dict[int, list[Sent]] = {}
    # The same file twice is one file.
    for each in dict.fromkeys(files):
        if each.counts:
            exports.setdefault(each.moment, []).append(each)
    return exports


def _rows(rule: Rule, moment: int, parts: Sequence[Sent]) -> State:
    """All rows of one export; with a key, what stands in two parts of it is one row."""
    rows = Counter((row, moment) for each in parts for row in each.rows)
    return Counter(rows.keys()) if rule.has_key else rows


def _window(rule: Rule, exports: Mapping[int, Sequence[Sent]]) -> State:
    found: State = Counter()
    for moment, parts in exports.items():
        whole: State = Counter()
        for part in parts:
            of_days = not _has_periods(part)
            newer = [
                other.covers(rule)
                for later in exports
                if later > moment
                for other in exports[later]
                # A report of a month restates none of single days: it knows less of them.
                if not (of_days and _has_periods(other))
            ]
            restated = set().union(*newer)
            for row in part.rows:
                scope = row.account if rule.has_scope else None
                days = {(scope, row.day + timedelta(n)) for n in range(_length(row))}
                whole[row, moment] += bool(days - restated)
        found += Counter((+whole).keys()) if rule.has_key else whole
    return found


def _length(row: Row) -> int:
    return (row.until - row.day).days + 1


def _has_periods(part: Sent) -> bool:
    return any(row.until > row.day for row in part.rows)
