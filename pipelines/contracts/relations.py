"""What holds of a file's rows together: by what they are told apart, and how exports relate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.contracts import words
from pipelines.contracts.columns import Guess
from pipelines.contracts.dialect import Dialect
from pipelines.contracts.rows import Table
from pipelines.land.readers import cell

MOST_KEY_COLUMNS = 6
FEW_ROWS = 3
STATED = (
    (r"\w+\.? \d{1,2}, \d{4}", ("%B %d, %Y", "%b %d, %Y")),
    (r"\d{1,2}\.? \w+ \d{4}", ("%d %B %Y", "%d %b %Y", "%d. %B %Y")),
    (r"\d{4}-\d{2}-\d{2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y", "%d/%m/%Y")),
)


@dataclass
class Told:
    """A part of the contract, and why."""

    value: Any = None
    reviews: list[str] = field(default_factory=list)


def key_of(table: Table, columns: Sequence[Guess]) -> Told:
    """The columns by which every row is another: one id, or a day with ids, or a few words more."""
    able = [c for c in columns if not c.has_empty and not c.is_measure and c.kind != "boolean"]
    singles = [c for c in able if c.kind in ("id", "text") and _tells_apart(table, [c])]
    first = next((c for c in columns if c.index == 0 and c.kind == "integer"), None)
    if first and not singles and not first.has_empty and _tells_apart(table, [first]):
        singles = [first]
    # The thing's own id goes first: `Order ID` of an export of orders, not the customer's.
    singles.sort(key=lambda c: (c.kind != "id", c.index))
    if singles:
        others = [c.name for c in singles[1:4]]
        why = f"different in all {table.rows:,} rows"
        why += f"; so are {', '.join(others)}" if others else ""
        return Told([singles[0].name], [why + _if_few(table)])
    order = {"date": 0, "timestamp": 0, "id": 1, "text": 2, "currency": 3}
    parts = sorted(able, key=lambda c: (order.get(c.kind, 9), c.index))
    taken: list[Guess] = []
    for column in parts[: 2 * MOST_KEY_COLUMNS]:
        taken.append(column)
        if _tells_apart(table, taken):
            break
    else:
        return Told(None, [_without_key(table)])
    for column in list(taken):
        fewer = [each for each in taken if each is not column]
        if fewer and _tells_apart(table, fewer):
            taken = fewer
    if len(taken) > MOST_KEY_COLUMNS:
        return Told(None, [_without_key(table)])
    taken.sort(key=lambda c: c.index)
    why = f"{'only together ' if len(taken) > 1 else ''}different in all {table.rows:,} rows"
    return Told([c.name for c in taken], [why + _if_few(table)])


def _tells_apart(table: Table, columns: Sequence[Guess]) -> bool:
    cells = ", ".join(cell(c.index) for c in columns)
    return bool(table.asked(f"select count(*) = count(distinct row({cells})) from t"))


def _if_few(table: Table) -> str:
    return ", which are few: look at a longer export too" if table.rows <= FEW_ROWS else ""


def _without_key(table: Table) -> str:
    cells = ", ".join(cell(n) for n in range(table.width))
    same = table.asked(f"select count(*) - count(distinct row({cells})) from t") or 0
    if same:
        return f"no key: {same:,} rows repeat another one, and each of them counts"
    return "no key: no few columns tell all rows apart"


def load_of(columns: Sequence[Guess], key: Sequence[str] | None, period: bool) -> Told:
    """How a later export relates to this one: which rule, and what tells."""
    days = [c for c in columns if c.kind in ("date", "timestamp") and not c.has_empty]
    days.sort(key=lambda c: c.kind)
    moments = [c for c in columns if c.kind in ("date", "timestamp")]
    by_name = {c.name: c for c in columns}
    in_key = [by_name[name] for name in key or () if name in by_name]
    is_record = len(in_key) == 1 and in_key[0].kind in ("id", "text", "integer")
    if is_record and moments:
        changing = [c.header for c in columns if words.CHANGES.search(words.plain(c.header))]
        tells = f": {', '.join(map(repr, changing[:3]))} change" if changing else ""
        return Told(
            {"rule": "upsert"},
            [
                f"records with an id and a date{tells}; the newest version of each counts, and one"
                " that is missing later stays. Is what is missing deleted? Then `snapshot`"
            ],
        )
    if is_record or not (days or period):
        return Told(
            {"rule": "snapshot"},
            ["no day that every row has: the newest export is taken for the whole truth"],
        )
    if not days:
        rule = {"rule": "window", "date": "period_start", "until": "period_end"}
        return Told(rule, ["the days are stated once, for all rows"])
    day = next((c for c in in_key if c in days), days[0])
    rule = {"rule": "window", "date": day.name}
    why = f"rows of days: an export restates every day between its first and last {day.header!r}"
    scope = next(
        (
            c
            for c in columns
            if not c.has_empty
            and c.kind in ("id", "text")
            and words.SCOPE.search(words.plain(c.header))
        ),
        None,
    )
    if scope:
        rule["scope"] = [scope.name]  # type: ignore[assignment]
        why += f", of the {scope.header!r} that it has"
    return Told(rule, [why])


def period_of(dialect: Dialect, name: str) -> Told:
    """The days that the preamble states, as the contract's `period.stated`."""
    from models.contract_rules import Period
    from pipelines.land.stated import stated_days

    for record in dialect.before:
        line = dialect.shape.delimiter.join(record.cells).strip()
        line = line.rstrip(dialect.shape.delimiter) if dialect.shape.format == "csv" else line
        for regex, formats in STATED:
            found = list(re.finditer(regex, line))
            if len(found) != 2:  # noqa: PLR2004  (the first and the last day)
                continue
            between = line[found[0].end() : found[1].start()]
            before = line[: found[0].start()]
            # What stands before may be a title that people choose.
            words_before = re.escape(before.split(":")[0]) + ":.*?" if ":" in before else ""
            pattern = f"{words_before}({regex}){_spaced(between)}({regex})"
            stated = Period.model_validate({"stated": [{"preamble": pattern}], "formats": formats})
            if stated_days(stated, (name,), line) is None:
                continue
            review = f"the days in {line[:80]!r}"
            if len(formats) > 1 and "/" in regex:
                review += "; is the first number the month? Keep one of the formats"
            rule = {"stated": [{"preamble": pattern}], "formats": list(formats)}
            return Told(rule, [review])
    return Told()


def _spaced(text: str) -> str:
    return re.escape(text).replace("\\ ", " ").replace("\\-", "-")
