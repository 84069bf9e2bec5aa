"""How numbers are written in a file: decimal mark, thousands, symbols, signs.

A file has one decimal mark. Which one is found by how many of its columns become numbers; where
two marks do equally well (`1,234` alone), that is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pipelines.land.numbers import BLANKS

MARKS = ((".", ""), (".", ","), (",", "."), (",", ""), (".", " "), (",", " "), (".", "'"))
NULLS = (
    "--", "-", "—", "–", "N/A", "n/a", "#N/A", "NA", "NULL", "null", "None", "nan", "NaN",
    "(not set)",
)  # fmt: skip
SURE_NULLS = ("--", "—", "N/A", "n/a", "#N/A", "NULL", "null")
"""What says nothing even where texts are expected."""
SYMBOLS = {
    "€": "EUR", "£": "GBP", "¥": "", "₹": "INR", "Rs.": "INR", "Rs": "INR", "R$": "BRL", "$": "",
    "US$": "USD", "₫": "VND", "₩": "KRW", "₽": "RUB", "zł": "PLN", "Kč": "CZK", "kr": "",
    "Fr.": "CHF", "NT$": "TWD", "HK$": "HKD", "A$": "AUD", "C$": "CAD",
}  # fmt: skip
"""A currency's sign, and the currency where it is of only one."""


PLAIN = re.compile(r"[-+]?[\d.,]+")
_KNOWN = "|".join(re.escape(each) for each in sorted(SYMBOLS, key=len, reverse=True))
_SYMBOL = rf"({_KNOWN}|[A-Z]{{3}})"
SYMBOL_BEFORE = re.compile(rf"([-+(]*){_SYMBOL}[{BLANKS}]*([-+]?[\d.,].*)")
SYMBOL_AFTER = re.compile(rf"(.*\d)[{BLANKS}]*{_SYMBOL}([)-]?)")


@dataclass(frozen=True)
class Marks:
    """How the numbers of a column, or of a file, are written."""

    decimal: str = "."
    thousands: str = ""
    grouping: str = "thousand"


@dataclass(frozen=True)
class Numbers:
    """What the numbers of one column have in common."""

    symbols: tuple[str, ...] = ()
    percent: bool = False
    parentheses: bool = False
    trailing_minus: bool = False
    digits: int = 0
    """Before the decimal mark, at most."""
    decimals: int = 0
    """After it, at most."""


def numbers_of(values: Sequence[str], marks: Marks) -> Numbers | None:
    """What texts have in common as numbers; None if one of them is none."""
    symbols: set[str] = set()
    shares = [text.endswith("%") for text in values]
    if not values or (any(shares) and not all(shares)):
        return None
    parentheses = trailing = False
    digits = decimals = 0
    for value in values:
        symbol, text = _without_symbol(value.strip(BLANKS))
        symbols |= {symbol} - {""}
        if text.startswith("(") and text.endswith(")"):
            parentheses, text = True, text[1:-1]
        elif re.fullmatch(r"[^-+].*-", text):
            trailing, text = True, text[:-1]
        found = _number(marks).fullmatch(text.removesuffix("%").rstrip(BLANKS))
        if not found:
            return None
        digits = max(digits, len(re.sub(r"\D", "", found["whole"] or "")))
        decimals = max(decimals, len(found["fraction"] or ""))
    return Numbers(tuple(sorted(symbols)), all(shares), parentheses, trailing, digits, decimals)


def marks_of(columns: Sequence[Sequence[str]], native: bool) -> tuple[Marks, str]:
    """The marks under which most columns are numbers, and a doubt where others do as well."""
    if native:
        return Marks(), ""
    candidates = [Marks(d, t) for d, t in MARKS] + [Marks(".", ",", "indian")]
    numeric = [
        [numbers_of(values, marks) is not None for values in columns] for marks in candidates
    ]
    scores = [sum(column) for column in numeric]
    best = max(scores, default=0)
    equal = [marks for marks, score in zip(candidates, scores, strict=True) if score == best]
    chosen = equal[0]
    if not best or not _is_doubtful(columns, equal):
        return chosen, ""
    # `1,234` and `1.234` alone: three digits after one mark are thousands more often than not.
    grouped = next((m for m in equal if m.thousands and m.decimal != m.thousands), chosen)
    return (
        grouped,
        f"does {grouped.thousands!r} part thousands, or is it the decimal mark? Both fit",
    )


def value_of(text: str, numbers: Numbers, marks: Marks) -> Decimal | None:
    """A number's value; None if the text is none that is written like the column's."""
    if numbers_of([text], marks) is None:
        return None
    bare = _without_symbol(text.strip(BLANKS))[1].replace("\u2212", "-")
    is_negative = "-" in bare or (numbers.parentheses and bare.startswith("("))
    figures = re.sub(rf"[^\d{re.escape(marks.decimal)}]", "", bare).replace(marks.decimal, ".")
    return Decimal(f"{'-' if is_negative else ''}{figures.rstrip('.') or '0'}")


def _is_doubtful(columns: Sequence[Sequence[str]], equal: Sequence[Marks]) -> bool:
    """Whether a mark may be of decimals as well as of thousands, and occurs at all."""
    found = "".join("".join(values) for values in columns)
    for mark in (",", "."):
        as_decimal = any(m.decimal == mark and not m.thousands for m in equal)
        as_thousands = any(m.thousands == mark for m in equal)
        grouped = [
            text
            for values in columns
            for text in values
            if re.fullmatch(rf"-?\d{{1,3}}{re.escape(mark)}\d{{3}}", text)
        ]
        if as_decimal and as_thousands and mark in found and grouped:
            return True
    return False


@lru_cache
def _number(marks: Marks) -> re.Pattern[str]:
    point = re.escape(marks.decimal)
    group = rf"[{BLANKS}]" if marks.thousands == " " else re.escape(marks.thousands)
    if marks.thousands == "'":
        group = "['\u2019]"
    pairs = rf"\d{{1,2}}(?:{group}\d{{2}})*{group}\d{{3}}"
    grouped = pairs if marks.grouping == "indian" else rf"\d{{1,3}}(?:{group}\d{{3}})+"
    whole = rf"\d+|{grouped}" if marks.thousands else r"\d+"
    return re.compile(
        rf"[-+\u2212]?(?P<whole>{whole})?(?:{point}(?P<fraction>\d*))?(?<=[\d{point}])"
    )


def _without_symbol(text: str) -> tuple[str, str]:
    """A currency's sign or code around a number, and the rest with its sign and brackets."""
    if PLAIN.fullmatch(text):
        return "", text
    before = SYMBOL_BEFORE.fullmatch(text)
    if before:
        return before[2], before[1] + before[3]
    after = SYMBOL_AFTER.fullmatch(text)
    return (after[2], after[1] + after[3]) if after else ("", text)
