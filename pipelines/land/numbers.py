"""Numbers in SQL: of each text the exact value as the contract says numbers are written, or none.

DuckDB's own casts round and forgive (`'12.345'::DECIMAL(18,2)` is 12.35). Here a cast is only
reached by text that was first shown to be a number that the type holds without rounding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.contract_parts import DECIMAL, Column, Shape
from pipelines.land import sql

# The blanks that people cannot tell apart: no-break, figure, narrow no-break, thin.
BLANKS = " \t\u00a0\u2007\u202f\u2009"
MINUS_SIGN = "\u2212"
"""What some locales write for the hyphen-minus."""
MOST_LONG_DIGITS = 18
"""The digits of a decimal that DuckDB keeps, and casts to, as a machine integer."""


@dataclass(frozen=True)
class Point:
    """How many places the decimal point moves to the left, where not the same for every row."""

    currency: str
    """The row's currency in SQL, trimmed and in capitals; empty or NULL where it says none."""
    places: int
    exceptions: Mapping[str, int]

    @property
    def most(self) -> int:
        """The most places that it moves in any row."""
        return max([self.places, *self.exceptions.values()])


@dataclass(frozen=True)
class Number:
    """How a numeric column's text becomes a number, in the steps that its reasons need too."""

    value: str
    plain: str
    """The text with point and without anything else; NULL if it is not well formed."""
    exact: str
    """A regular expression of `plain` numbers that the type holds without rounding."""


def number(column: Column, shape: Shape, text: str, divide_by: int, point: Point | None) -> Number:
    """The conversion of a decimal or integer column.

    Args:
        column: the contract's column.
        shape: how the file writes numbers.
        text: the cell, in SQL.
        divide_by: a power of ten, by the cell's header.
        point: where amounts are in the smallest unit of the row's currency.
    """
    found = DECIMAL.match(column.type)
    digits, scale = (int(found[1]), int(found[2])) if found else (MOST_LONG_DIGITS + 1, 0)
    shift = len(str(divide_by)) - 1 + (2 if column.percent else 0)
    decimals = scale - shift - (point.most if point else 0)  # of the text, before it is divided
    mark = re.escape(shape.decimal)
    fraction = f"(?:{mark}[0-9]{{0,{decimals}}})?" if decimals > 0 else ""

    def cast(plain: str) -> str:
        if not found:
            return f"TRY_CAST({plain} AS BIGINT)"
        typed = _to_decimal(plain, digits, max(decimals, 0))
        if point is None:
            return _shifted(typed, digits, scale, shift)
        return _by_currency(typed, digits, scale, shift, point)

    plain = _plain(column, shape, text, decimals)
    exact = f"-?[0-9]*(?:[.][0-9]{{0,{decimals}}})?" if decimals > 0 else "-?[0-9]+"
    branches = []
    if not column.percent:
        pointed = text if shape.decimal == "." else f"replace({text}, ',', '.')"
        branches.append((f"-?[0-9]+{fraction}", pointed))
        if shape.thousands:
            separator = sql.text(shape.thousands)
            ungrouped = f"replace({text}, {separator}, '')"
            if shape.decimal != ".":
                ungrouped = f"replace({ungrouped}, ',', '.')"
            branches.append(
                (f"-?{_grouped(shape, re.escape(shape.thousands))}{fraction}", ungrouped)
            )
    cases = " ".join(
        f"WHEN regexp_full_match({text}, {sql.text(pattern)}) THEN {cast(source)}"
        for pattern, source in branches
    )
    slow = f"CASE WHEN regexp_full_match({plain}, {sql.text(exact)}) THEN {cast(plain)} END"
    return Number(f"CASE {cases} WHEN {text} = '' THEN NULL ELSE {slow} END", plain, exact)


def _plain(column: Column, shape: Shape, text: str, decimals: int) -> str:
    """Take off what the contract allows around a number; NULL if the rest is not well formed."""
    text = f"trim(replace({text}, {sql.text(MINUS_SIGN)}, '-'), {sql.text(BLANKS)})"
    blanks = f"[{BLANKS}]*"
    if column.symbols:
        known = any_of(column.symbols)
        before = sql.text(f"^([-+]?[(]?[-+]?)(?:{known}){blanks}")
        after = sql.text(f"{blanks}(?:{known})([)]?-?)$")
        text = f"regexp_replace(regexp_replace({text}, {before}, '\\1'), {after}, '\\1')"
    if column.parentheses:
        text = f"regexp_replace({text}, '^[(]([^-].*)[)]$', '-\\1')"
    if column.trailing_minus:
        text = f"regexp_replace({text}, '^([^-+].*)-$', '-\\1')"
    mark, groups = re.escape(shape.decimal), _groups(shape)
    sign = f"{blanks}%" if column.percent else ""
    whole = f"(?:[0-9]+|{_grouped(shape, groups)})" if groups else "[0-9]+"
    formed = sql.text(f"[-+]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+){sign}")
    bare = f"regexp_replace({text}, {sql.text(f'[^-0-9{mark}]')}, '', 'g')"
    if shape.decimal != ".":
        bare = f"replace({bare}, ',', '.')"
    # Zeros beyond the type's decimals change no value.
    tail, kept = ("[.]0*$", "") if decimals <= 0 else (f"([.][0-9]{{{decimals}}})0+$", "\\1")
    bare = f"regexp_replace({bare}, {sql.text(tail)}, {sql.text(kept)})"
    return f"CASE WHEN regexp_full_match({text}, {formed}) THEN {bare} END"


def _to_decimal(plain: str, digits: int, decimals: int) -> str:
    wide = f"TRY_CAST({plain} AS DECIMAL({digits}, {decimals}))"
    room = MOST_LONG_DIGITS - decimals
    if digits <= MOST_LONG_DIGITS or room < 1:
        return wide
    # Casting text to more than 18 digits takes 40 times as long; few numbers need it.
    short = f"CAST(TRY_CAST({plain} AS DECIMAL(18, {decimals})) AS DECIMAL({digits}, {decimals}))"
    return f"CASE WHEN strlen({plain}) <= {room} THEN {short} ELSE {wide} END"


def _shifted(value: str, digits: int, scale: int, shift: int) -> str:
    if not shift:
        return f"TRY_CAST({value} AS DECIMAL({digits}, {scale}))"
    # One times ten to the minus `shift`: the digits stay, the point moves.
    unit = f"CAST('0.{'0' * (shift - 1)}1' AS DECIMAL({shift}, {shift}))"
    return f"TRY_CAST({value} * {unit} AS DECIMAL({digits}, {scale}))"


def _by_currency(value: str, digits: int, scale: int, shift: int, point: Point) -> str:
    """The value with its point moved as the row's currency has it; NULL where it has none."""
    by_places: dict[int, list[str]] = {}
    for code, places in sorted(point.exceptions.items()):
        by_places.setdefault(places, []).append(code)
    cases = " ".join(
        f"WHEN {point.currency} IN ({sql.texts(codes)})"
        f" THEN {_shifted(value, digits, scale, shift + places)}"
        for places, codes in by_places.items()
    )
    rest = _shifted(value, digits, scale, shift + point.places)
    return f"CASE WHEN coalesce({point.currency}, '') = '' THEN NULL {cases} ELSE {rest} END"


def _groups(shape: Shape) -> str:
    """The thousands separator as a regular expression; a blank or apostrophe for all its kinds."""
    kinds = {" ": f"[{BLANKS}]", "'": "['\u2019]"}
    return kinds.get(shape.thousands) or re.escape(shape.thousands)


def _grouped(shape: Shape, separator: str) -> str:
    if shape.grouping == "indian":
        return f"[0-9]{{1,2}}(?:{separator}[0-9]{{2}})*{separator}[0-9]{{3}}"
    return f"[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+"


def escaped(text: str) -> str:
    """A text as a regular expression for itself, in what DuckDB's engine understands."""
    return re.sub(r"([.^$*+?{}\[\]\\|()\-/])", r"\\\1", text)


def any_of(texts: Iterable[str]) -> str:
    """A regular expression of any of several texts, longest first."""
    return "|".join(escaped(text) for text in sorted(texts, key=len, reverse=True))
