"""Dates and times in SQL: of each text the exact moment in a declared form, or none.

DuckDB's parser forgives and guesses; here a parsed moment counts only if, written in the same form,
it is the text again.
"""

from __future__ import annotations

from datetime import date

from models.contract_parts import EXCEL_SERIAL, Column
from models.contract_rules import Unit
from pipelines.land import sql
from pipelines.land.stated import ENGLISH, month_names

ISO_DAY = "%Y-%m-%d"
ISO_SECOND = "%Y-%m-%d %H:%M:%S"
NATIVE_FORMATS = {
    "date": (ISO_DAY, "%Y-%m-%d 00:00:00"),
    "timestamp": (
        ISO_SECOND,
        "%Y-%m-%d %H:%M:%S.%f",
        ISO_DAY,
        "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S.%f%z",
    ),
}
"""How files that have types of their own (Excel, Parquet) say a moment."""
Way = tuple[str, str]
"""A condition under which a text has a value, and that value."""
Span = tuple[date, date]
OFFSET = r"^(.*?)\s?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
FIRST_SAFE_SERIAL = 61
"""Excel counts a 29 February 1900 that never was: before it, its day numbers are off by one."""


def ways(column: Column, text: str, form: str, language: str, within: Span | None) -> list[Way]:
    """When a text is a moment in a format exactly, and which one, in UTC."""
    if form == EXCEL_SERIAL:
        return [_serial(column, text)]
    if within:
        return [_without_year(text, form, within)]
    if language != "en" and ("%b" in form or "%B" in form):
        text = _months_in_english(text, language, short="%b" in form)
    if form.endswith("%z"):
        local, offset = (f"regexp_extract({text}, {sql.text(OFFSET)}, {group})" for group in (1, 2))
        (condition, moment), *_ = _strictly(local, form[:-2].rstrip())
        return [(condition, f"{moment} - {_offset(offset)}")]
    found = _strictly(text, form)
    if form == ISO_DAY:
        day = f"TRY_CAST({text} AS DATE)"
        exact = f"strlen({text}) = 10 AND CAST({day} AS VARCHAR) = {text}"
        found.insert(0, (exact, f"CAST({day} AS TIMESTAMP)"))
    elif form == ISO_SECOND:
        second = f"TRY_CAST({text} AS TIMESTAMP)"
        exact = f"strlen({text}) = 19 AND CAST({second} AS VARCHAR) = {text}"
        found.insert(0, (exact, second))
    if column.type == "date" or column.time_zone == "UTC":
        return found
    return _in_zone(found, column.time_zone)


def last_day(moment: str, unit: Unit) -> str:
    """The last day of the period of a length that begins on a day."""
    day = f"CAST({moment} AS DATE)"
    if unit == "day":
        return day
    if unit == "week":
        return f"({day} + 6)"
    # A month begins on its first day, whatever day of it the vendor writes.
    return f"CAST(date_trunc('{unit}', {day}) + INTERVAL 1 {unit.upper()} - INTERVAL 1 DAY AS DATE)"


def _in_zone(found: list[Way], time_zone: str) -> list[Way]:
    zone = sql.text(time_zone)

    def there(moment: str) -> str:
        return f"timezone({zone}, {moment})"

    # A clock time that the zone skipped in spring comes back as another one: refused.
    return [
        (
            f"({condition}) AND timezone({zone}, {there(moment)}) = {moment}",
            f"timezone('UTC', {there(moment)})",
        )
        for condition, moment in found
    ]


def _serial(column: Column, text: str) -> Way:
    """The day number of Excel; in a time stamp with its fraction, to the second."""
    number = f"TRY_CAST({text} AS DECIMAL(38, 10))"
    fraction = "(?:[.][0-9]{1,10})?" if column.type == "timestamp" else "(?:[.]0+)?"
    written = sql.text(f"[0-9]{{2,7}}{fraction}")
    condition = f"regexp_full_match({text}, {written}) AND {number} >= {FIRST_SAFE_SERIAL}"
    seconds = f"CAST(round({number} * 86400) AS BIGINT)"
    return condition, f"(TIMESTAMP '1899-12-30' + to_seconds({seconds}))"


def _without_year(text: str, form: str, within: Span) -> Way:
    """A day and month in the year that puts it between two days, at most a year apart."""
    # Written as a number, 1 March is 103.
    padded = f"lpad({text}, 4, '0')" if form in ("%d%m", "%m%d") else text

    def in_year(year: int) -> str:
        return f"try_strptime({padded} || ' {year:04}', {sql.text(f'{form} %Y')})"

    first, last = within
    bounds = f"BETWEEN DATE '{first}' AND DATE '{last}'"
    years = sorted({first.year, last.year})
    cases = " ".join(f"WHEN {in_year(y)} {bounds} THEN {in_year(y)}" for y in years)
    moment = f"CASE {cases} END"
    again = f"strftime({moment}, {sql.text(form)})"
    same = f"{again} = {padded} OR {_loosely(again, form)} = {_loosely(padded, form)}"
    return f"{moment} IS NOT NULL AND ({same})", moment


def _strictly(text: str, form: str) -> list[Way]:
    """The moment whose text in this form is the text, leading zeros and case aside."""
    moment = f"try_strptime({text}, {sql.text(form)})"
    again = f"strftime({moment}, {sql.text(form)})"
    same = f"{again} = {text} OR {_loosely(again, form)} = {_loosely(text, form)}"
    return [(same, moment)]


def _loosely(text: str, form: str) -> str:
    text = f"lower({text})"
    if "%f" in form:
        text = f"regexp_replace({text}, '[.](\\d*?)0*(\\D|$)', '.\\1\\2', 'g')"
    return f"regexp_replace({text}, '\\b0(\\d)\\b', '\\1', 'g')"


def _months_in_english(text: str, language: str, *, short: bool) -> str:
    """A text whose month is named in another language, with its English name instead."""
    text = f"lower({text})"
    for name, month in month_names(language):
        # The English names begin with a capital, and so are not found again.
        text = f"replace({text}, {sql.text(name)}, {sql.text(ENGLISH[month][short])})"
    return text


def _offset(text: str) -> str:
    sign = f"CASE WHEN starts_with({text}, '-') THEN -1 ELSE 1 END"
    figures = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    hours = f"coalesce(TRY_CAST(left({figures}, 2) AS INTEGER), 0)"
    minutes = f"coalesce(TRY_CAST(substr({figures}, 3, 2) AS INTEGER), 0)"
    return f"to_minutes({sign} * ({hours} * 60 + {minutes}))"
