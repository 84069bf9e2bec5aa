"""What a column of a file is: its name and type, and how its cells are written.

Each guess carries what it was told by, so that a person can say no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.contracts import words
from pipelines.contracts.marks import NULLS, SURE_NULLS, SYMBOLS, Marks, Numbers, numbers_of
from pipelines.contracts.moments import Moments, moments_of

Kind = Literal[
    "id", "text", "currency", "date", "timestamp", "integer", "number", "money", "boolean"
]
TRUTHS = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("ja", "nein"), ("oui", "non"), ("sí", "no"),
    ("si", "no"), ("sim", "não"), ("t", "f"), ("是", "否"), ("wahr", "falsch"),
)  # fmt: skip
MOST_WHOLE = 18
MONEY_DIGITS, MONEY_DECIMALS = 12, 6
WIDEST = 38
MOST_DECIMALS = 18


@dataclass
class Guess:
    """A column of a contract in the making."""

    index: int
    header: str
    kind: Kind
    name: str
    keys: dict[str, Any] = field(default_factory=dict)
    """What its line in the contract says, beside name and headers."""
    reviews: list[str] = field(default_factory=list)
    nulls: tuple[str, ...] = ()
    """Texts in it that say nothing."""
    has_empty: bool = False
    texts: tuple[str, ...] = ()
    moments: Moments | None = None
    numbers: Numbers | None = None
    currency: str = ""
    """The currency that stands in its header or beside its numbers."""

    @property
    def is_measure(self) -> bool:
        """Whether it is something to add up rather than to tell rows apart by."""
        return self.kind in ("integer", "number", "money")


def guess(
    index: int,
    header: str,
    values: Mapping[str, int],
    rows: int,
    marks: Marks,
    native: bool,
    not_typed: str = "",
) -> Guess:
    """What a column is.

    Args:
        index: its place, from 0.
        header: as it stands in the file; `column 3` where there is none.
        values: its different texts, and how often each stands there.
        rows: how many rows there are.
        marks: how the file writes numbers.
        native: the file has types of its own.
        not_typed: why it must stay text, where a first trial has shown it.
    """
    texts = tuple(value for value in values if value not in NULLS)
    found = Guess(index, header, "text", words.identifier(header) or f"column_{index + 1}")
    found.has_empty = sum(values.values()) < rows or len(texts) < len(values)
    found.texts, found.keys["type"] = texts, "text"
    found.nulls = tuple(value for value in values if value in SURE_NULLS)
    if not_typed:
        found.reviews.append(not_typed)
    elif not texts:
        found.reviews.append("empty in this file, so nobody knows its type")
    elif not _named_by_its_words(found, texts):
        for attempt in (_boolean, _moment, _number):
            if attempt(found, texts, marks, native):
                found.nulls = tuple(value for value in values if value in NULLS)
                break
    if (
        found.kind in ("text", "integer")
        and texts
        and words.DATE_ITSELF.search(words.plain(header))
    ):
        found.reviews.append("its header speaks of a date, but its texts are in no form known here")
    if words.is_personal(header, found.name) or _mostly_mail(texts):
        found.keys["personal"] = True
        found.reviews.append("personal by its name: never shown in evidence, alerts or logs")
    return found


def _named_by_its_words(found: Guess, texts: Sequence[str]) -> bool:
    """Currencies and ids, which stay text whatever they look like."""
    plain = words.plain(found.header)
    codes = all(text.upper() in words.currencies() for text in texts[:200])
    if codes and (words.CURRENCY.search(plain) or "currency" in plain):
        found.kind, found.name = "currency", "currency_code"
        return True
    if any(re.fullmatch(r"0\d+", text) for text in texts):
        found.kind = "id"
        found.reviews.append("text: leading zeros would be lost in a number")
        return not words.DATE.search(plain)
    is_whole = all(re.fullmatch(r"\d+", text) for text in texts)
    if words.ID.search(plain) and not (is_whole and words.DATE.search(plain)):
        found.kind = "id"
        if is_whole:
            found.reviews.append("text: a number by which things are named is not added up")
        return True
    return False


def _boolean(found: Guess, texts: Sequence[str], marks: Marks, native: bool) -> bool:
    said = {text.casefold() for text in texts}
    pair = next((p for p in TRUTHS if said <= set(p) and (len(said) == 2 or p == TRUTHS[0])), None)  # noqa: PLR2004
    named_so = re.match(r"(is|has)\b", words.plain(found.header))
    if pair is None and said <= {"0", "1"} and named_so:
        pair = ("1", "0")
    if pair is None:
        return False
    found.kind, found.keys["type"] = "boolean", "boolean"
    if not named_so:
        found.name = f"is_{found.name}"
    standard = {"true", "TRUE", "True", "1", "false", "FALSE", "False", "0"}
    if not set(texts) <= standard:
        found.keys["true_values"] = sorted(t for t in texts if t.casefold() == pair[0]) or [pair[0]]
        found.keys["false_values"] = sorted(t for t in texts if t.casefold() == pair[1]) or [
            pair[1]
        ]
    return True


def _moment(found: Guess, texts: Sequence[str], marks: Marks, native: bool) -> bool:
    plain = words.plain(found.header)
    moments = moments_of(texts, native=native, named_so=bool(words.DATE.search(plain)))
    if moments is None:
        return False
    found.kind, found.moments = ("timestamp" if moments.has_time else "date"), moments
    base = re.sub(
        r"_?(date|time|datetime|timestamp|day|at|on|utc|gmt)(?=_|$)", "", found.name
    ).strip("_")
    found.name = f"{base}_at" if moments.has_time else f"{base}_date" if base else "row_date"
    if moments.has_time and not base:
        found.name = "happened_at"
    found.keys.update(type=found.kind, formats=list(moments.formats))
    if moments.is_doubtful:
        found.reviews.append(
            f"{texts[0]} has two readings, {' and '.join(moments.formats)}: `day_first` of"
            " the shape says which one is meant"
        )
    elif len(moments.formats) > 1:
        found.reviews.append("written in several ways")
    if moments.has_time and not moments.formats[0].endswith("%z"):
        found.reviews.append("no offset in it: UTC, unless `time_zone` says another")
    return True


def _number(found: Guess, texts: Sequence[str], marks: Marks, native: bool) -> bool:
    numbers = numbers_of(texts, marks)
    if numbers is None:
        return False
    money = (words.is_money(found.header) or bool(numbers.symbols)) and not numbers.percent
    if not numbers.decimals and not money and not numbers.symbols and not numbers.percent:
        if numbers.digits > MOST_WHOLE:
            found.kind = "id"
            found.reviews.append("text: more digits than anything that is counted has")
            return True
        found.kind, found.keys["type"] = "integer", "integer"
    else:
        found.kind, found.keys["type"] = "money" if money else "number", _decimal(numbers, money)
    found.numbers = numbers
    for key in ("percent", "parentheses", "trailing_minus"):
        if getattr(numbers, key):
            found.keys[key] = True
    if numbers.symbols:
        found.keys["symbols"] = list(numbers.symbols)
        names = {SYMBOLS.get(s, s if s in words.currencies() else "") for s in numbers.symbols}
        found.currency = names.pop() if len(names) == 1 else ""
    if money:
        _name_money(found)
    return True


def _decimal(numbers: Numbers, money: bool) -> str:
    decimals = numbers.decimals + (2 if numbers.percent else 0)
    fits = numbers.digits <= MONEY_DIGITS and decimals <= MONEY_DECIMALS
    if money and fits:
        return "decimal(18,6)"
    scale = max(MONEY_DECIMALS, decimals)
    if numbers.digits + scale <= MOST_DECIMALS:
        return f"decimal(18,{scale})"
    return f"decimal({WIDEST},{min(scale, WIDEST - min(numbers.digits, WIDEST - 1))})"


def _name_money(found: Guess) -> None:
    stated = words.currency_in(found.header)
    if stated:
        found.name = words.identifier(re.sub(r"[\s(\[]+(in )?$", "", stated[0])) or found.name
        code = stated[1]
        found.currency = code if code in words.currencies() else SYMBOLS.get(code, "")
        if code in words.currencies():
            pattern = f"{re.escape(stated[0])}([A-Z]{{3}}){re.escape(stated[2])}".replace(
                "\\ ", " "
            )
            found.keys["pattern"] = pattern.strip()
    what = re.sub(r"(^|_)amount(?=_|$)", "", found.name).strip("_")
    found.name = f"{what}_amount" if what else "amount"


def _mostly_mail(texts: Sequence[str]) -> bool:
    mails = sum(bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text)) for text in texts[:500])
    return bool(texts) and mails * 2 > len(texts[:500])
