"""Days that a file states in words, in its preamble or its name: which ones they are.

Months' names come from CLDR, in the languages that the contract lists.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache

from models.contract_rules import Period

Days = tuple[date, date]
ENGLISH = (
    ("January", "Jan"),
    ("February", "Feb"),
    ("March", "Mar"),
    ("April", "Apr"),
    ("May", "May"),
    ("June", "Jun"),
    ("July", "Jul"),
    ("August", "Aug"),
    ("September", "Sep"),
    ("October", "Oct"),
    ("November", "Nov"),
    ("December", "Dec"),
)


def stated_days(period: Period, names: Sequence[str], preamble: str) -> Days | None:
    """The first and the last day by the first place where the file states them; None: nowhere.

    Of a range whose first day is after its last one nothing is believed.
    """
    for place in period.stated:
        regex = place.file_name or place.preamble or ""
        for text in names if place.file_name else (preamble,):
            for found in re.finditer(regex, text, re.MULTILINE):
                first, last = _in_full(*(group or "" for group in found.groups()))
                start = day_of(first, period.formats, period.languages)
                end = day_of(last, period.formats, period.languages, to_end=True)
                if start and end and start <= end:
                    return start, end
    return None


def _in_full(first: str, last: str = "") -> tuple[str, str]:
    """Both ends with what vendors write once: `January 1 - March 31, 2026`, `May 1-31, 2026`."""
    last = last or first
    year = re.search(r"\b\d{4}\b", last)
    if year and not re.search(r"\b\d{4}\b", first):
        first = f"{first.strip(' ,')}{', ' if re.search('[0-9]', first) else ' '}{year[0]}"
    month = re.search(r"[^\W\d_]+", first)
    if month and not re.search(r"[^\W\d_]", last):
        last = f"{month[0]} {last.strip()}"
    return first, last


def day_of(
    said: str, formats: Sequence[str], languages: Sequence[str] = ("en",), to_end: bool = False
) -> date | None:
    """The day that a text is, in the first format and language in which it is one.

    Of a month or a year it is the first day, or the last where a span runs `to_end` of it.
    """
    for form in formats:
        for text in _in_english(said, languages):
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
            except ValueError:
                continue
            if to_end and not re.search("%[dj]", form):
                month = day.month if re.search("%[mBb]", form) else 12
                day = day.replace(month=month, day=monthrange(day.year, month)[1])
            return day
    return None


def _in_english(said: str, languages: Sequence[str]) -> Iterator[str]:
    plain = " ".join(said.split()).strip(" .,\"'")
    yield plain
    for language in languages:
        for short in (0, 1):
            text = plain.casefold()
            for name, month in month_names(language):
                if name in text:
                    yield text.replace(name, ENGLISH[month][short])
                    break


@lru_cache
def month_names(language: str) -> tuple[tuple[str, int], ...]:
    """The names of months in a language, folded, each with the month's place; longest first.

    Abbreviations stand with and without their point. English is Britain's too, with its `Sept`.

    Raises:
        ValueError: CLDR has no such language.
    """
    import babel

    names: dict[str, int] = {}
    for known_as in ("en_GB", "en") if language == "en" else (language,):
        try:
            months = babel.Locale.parse(known_as).months
        except (babel.UnknownLocaleError, ValueError) as error:
            raise ValueError(f"{language!r} is no language of CLDR's: {error}") from error
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    folded = str(name).casefold()
                    names.setdefault(folded, number - 1)
                    names.setdefault(folded.rstrip("."), number - 1)
    return tuple(sorted(names.items(), key=lambda pair: (-len(pair[0]), pair)))
