"""How exports may reach an inbox: in any order, in parts, twice, corrected; made up by Hypothesis.

What each delivery must come to is `load_model.py`'s business, and knows nothing of file names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from load_model import Row, Rule, Sent

FIRST = date(2026, 2, 1)
DAYS = 6
MADE = datetime(2026, 3, 1, tzinfo=UTC)
WRITTEN = datetime(2026, 4, 1, tzinfo=UTC)
EARLIEST, LATEST = 1, 9
"""Exports are made on these days of March 2026, or between; copies may come later, too."""
COPIES = "shop/copies/"
HEADER = ("Day", "Until", "Account", "Item", "Amount", "Note")
NOTES = (None, "x", 'a "quoted" word', "a, comma", "two\nlines", "naïve ☕")
Draw = Callable[..., Any]


def made_at(moment: int) -> datetime:
    """The moment as a time."""
    return MADE + timedelta(days=moment - 1)


@dataclass(frozen=True)
class Put:
    """A file that is laid into the inbox."""

    name: str
    written: datetime
    sent: Sent
    serial: str = ""
    """In a column of its own that no contract knows: no two files have the same bytes by chance."""

    @property
    def content(self) -> bytes:
        """As the vendor's program writes it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self.sent.stated:
            text.write("Days: {} - {}\n".format(*self.sent.stated))
        more = [self.serial] if self.serial else []
        writer.writerow([*HEADER, *(["Serial"] if more else [])])
        writer.writerows([*row, *more] for row in self.sent.rows)
        for _ in range(self.sent.broken):
            writer.writerow([FIRST, FIRST, "a", "x", "?", "", *more])
        return text.getvalue().encode()


@dataclass
class Delivery:
    """Files in the order in which they come, by visit to the inbox; and what they are."""

    visits: list[list[Put]]
    files: list[Sent] = field(default_factory=list)
    """What counts of them: without versions that were written over."""
    unsplit: list[Sent] | None = None
    """The same exports in one file each, where that must come to the same."""


@st.composite
def deliveries(draw: Draw, rule: Rule) -> Delivery:
    """Some exports of a stream, and a way in which they come."""
    moments = draw(st.lists(st.integers(EARLIEST + 1, LATEST), min_size=1, max_size=4, unique=True))
    dated = draw(st.booleans())
    puts: list[Put] = []
    found = Delivery([])
    whole: list[Sent] = []
    for number, moment in enumerate(moments):
        export = draw(exports(rule, moment))
        parts = draw(splits(rule, export))
        whole.append(export if len(parts) > 1 else parts[0])
        sent = [_put(f"{number}-{n}", part, dated) for n, part in enumerate(parts)]
        found.files += parts
        happens = draw(st.sampled_from(("once", "copied", "later", "earlier", "corrected")))
        if happens == "corrected" and dated:
            before = draw(exports(rule, moment))
            wrong = replace(sent[0], sent=before, written=sent[0].written - timedelta(hours=1))
            if wrong.content not in {each.content for each in sent}:
                sent.append(wrong)
        elif happens in ("later", "earlier") and dated:
            again = LATEST + 1 + number if happens == "later" else EARLIEST
            more = [replace(part, moment=again) for part in parts]
            sent += [_put(f"{number}-{n}-{happens}", each, dated) for n, each in enumerate(more)]
            if again not in {each.moment for each in found.files}:
                found.files += more
                whole.append(replace(whole[-1], moment=again))
            else:
                sent = sent[: len(parts)]
        elif happens == "copied":
            # Copying may make a time later: at an hour of its own, it is no part of another export.
            later = timedelta(days=draw(st.integers(0, 12)), hours=number + 1)
            sent += [
                replace(
                    each,
                    name=f"{COPIES}of {each.name[5:]}",
                    written=each.written + draw(st.sampled_from((timedelta(0), later))),
                )
                for each in sent
            ]
        puts += sent
    arrived = draw(st.permutations(puts))
    ends = sorted(draw(st.sets(st.integers(1, len(puts)), max_size=len(puts))) | {len(puts)})
    found.visits = [arrived[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    found.visits = [piece for visit in found.visits for piece in _one_of_a_name(visit)]
    # Parts of a window cover less than the whole where days between have no row.
    if rule.load != "window" and not any(each.broken for each in whole):
        found.unsplit = whole
    return found


@st.composite
def exports(draw: Draw, rule: Rule, moment: int) -> Sent:
    """One export, as the vendor would write it in one file."""
    row = st.builds(
        _row,
        st.integers(0, DAYS - 1),
        st.sampled_from((0, 0, 1, 3)) if rule.has_periods else st.just(0),
        st.sampled_from((None, "a", "b")),
        st.sampled_from(("x", "y")),
        st.integers(-200, 99_999),
        st.sampled_from(NOTES),
    )
    rows = draw(
        st.lists(
            row,
            min_size=0 if rule.states_days else 1,
            max_size=6,
            unique_by=(lambda each: each.key) if rule.has_key else None,
        )
    )
    if not rule.has_key and draw(st.booleans()):
        rows.append(rows[0])
    days = sorted(draw(st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1))))
    stated = (FIRST + timedelta(days[0]), FIRST + timedelta(days[1]))
    return Sent(
        moment,
        tuple(rows),
        broken=draw(st.sampled_from((0, 0, 0, 1, 2))),
        stated=stated if rule.states_days else None,
    )


@st.composite
def splits(draw: Draw, rule: Rule, export: Sent) -> list[Sent]:
    """The same export in one file or in parts, cut between rows."""
    if len(export.rows) < 2 or draw(st.booleans()):
        return [export]
    # Without a key, nobody could tell two parts with the same days from the same days twice.
    groups: dict[Any, list[Row]] = {}
    for row in export.rows:
        groups.setdefault(row.key if rule.has_key else _days(row, rule), []).append(row)
    names = draw(st.permutations(list(groups)))
    cut = draw(st.integers(1, len(names))) if len(names) > 1 else 1
    first, rest = names[:cut], names[cut:]
    parts = [tuple(row for name in part for row in groups[name]) for part in (first, rest)]
    if rule.has_key and parts[1] and draw(st.booleans()):
        # The same row at the end of one part and at the start of the next.
        parts[1] = (parts[0][-1], *parts[1])
    sent = [replace(export, rows=part, broken=0) for part in parts if part]
    return [replace(sent[0], broken=export.broken), *sent[1:]]


def _days(row: Row, rule: Rule) -> Any:
    if rule.load == "snapshot":
        return row
    return row.day, row.until, row.account


def _row(day: int, more: int, account: str | None, item: str, cents: int, note: Any) -> Row:
    first = FIRST + timedelta(day)
    amount = Decimal(cents) / 100
    return Row(
        first, first + timedelta(more), account, item, amount.quantize(Decimal("0.01")), note
    )


def _put(name: str, sent: Sent, dated: bool) -> Put:
    """The file; its date of export is in its name, or is its time of last change."""
    if dated:
        return Put(f"shop/{name} {made_at(sent.moment):%Y-%m-%d}.csv", WRITTEN, sent)
    return Put(f"shop/{name}.csv", made_at(sent.moment), sent, serial=name)


def _one_of_a_name(visit: list[Put]) -> list[list[Put]]:
    """In pieces, so that of no name two versions are laid down at the same visit."""
    pieces: list[list[Put]] = [[]]
    for put in visit:
        if put.name in {each.name for each in pieces[-1]}:
            pieces.append([])
        pieces[-1].append(put)
    return pieces
