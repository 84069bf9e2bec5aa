"""Days that a file states in words, in its preamble or its name: which ones they are.

Months' names come from CLDR, in the languages that the contract lists.
"""

from __future__ import annotations

import re
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
                days = [day_of(said, period.formats, period.languages) for said in found.groups()]
                if all(days) and days[0] <= days[-1]:  # type: ignore[operator]
                    return days[0], days[-1]  # type: ignore[return-value]
    return None


def day_of(said: str, formats: Sequence[str], languages: Sequence[str] = ("en",)) -> date | None:
    """The day that a text is, in the first format and language in which it is one."""
    for form in formats:
        for text in _in_english(said, languages):
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
            except ValueError:
                continue
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
