"""Spans of days as report titles state them: what one end leaves to the other, and whole months."""

from __future__ import annotations

from datetime import date

import pytest

from models.contract_rules import Period
from pipelines.land.stated import stated_days

SPAN = r"^(\w.*?) ?(?:-|to|through) ?(\w.*)$"
FORMATS = ["%B %d, %Y", "%d %B %Y", "%d %B, %Y", "%B %Y", "%B, %Y", "%Y"]


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("January 1, 2024 - March 31, 2024", date(2024, 1, 1), date(2024, 3, 31)),
        ("January 1-September 29, 2026", date(2026, 1, 1), date(2026, 9, 29)),
        ("July 1-31, 2025", date(2025, 7, 1), date(2025, 7, 31)),
        ("1 January - 31 March, 2025", date(2025, 1, 1), date(2025, 3, 31)),
        ("January - December 2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("January-February, 2024", date(2024, 1, 1), date(2024, 2, 29)),
        ("January 2020 through December 2025", date(2020, 1, 1), date(2025, 12, 31)),
        ("2023 to 2024", date(2023, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_span_is_read_with_what_is_written_once(said: str, first: date, last: date) -> None:
    period = Period.model_validate({"stated": [{"preamble": SPAN}], "formats": FORMATS})

    assert stated_days(period, (), f"Ledger\n{said}") == (first, last)


def test_one_month_is_all_its_days() -> None:
    period = Period.model_validate({"stated": [{"preamble": "^(.*)$"}], "formats": FORMATS})

    assert stated_days(period, (), "February 2028") == (date(2028, 2, 1), date(2028, 2, 29))


def test_nothing_is_made_of_words_that_are_no_days() -> None:
    period = Period.model_validate({"stated": [{"preamble": SPAN}], "formats": FORMATS})

    assert stated_days(period, (), "All Dates\nSmith - Sons 2024") is None
