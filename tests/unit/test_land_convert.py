"""From text to types: what is accepted is exact, and what is not is quarantined with its reason."""

# ruff: noqa: DTZ001  (landed time stamps are UTC without saying so, as DuckDB has them)

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from landed_exports import House, of_one_column

from models.contract import Stream
from pipelines.settings import Settings

ENGLISH = {"thousands": ","}
GERMAN = {"decimal": ",", "thousands": "."}
MONEY = {"type": "decimal(18,2)"}


def landed_value(settings: Settings, stream: Stream, text: str) -> Any:
    """What a cell becomes, or the code under which it is quarantined."""
    house = House.of(settings, stream)
    quoted = '"' + text.replace('"', '""') + '"'
    landing = house.land("shop/a.csv", f"N;Value\n1;{quoted}\n")
    if landing.rows_quarantined:
        (fault,) = house.quarantine(landing)
        assert fault["column_name"] == "value"
        assert fault["value"] == text
        assert fault["_row_number"] == 2
        assert fault["reason"] and fault["expected"] and fault["remedy"]
        return fault["code"]
    (row,) = house.rows(landing)
    return row["value"]


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("1234.5", ENGLISH, "1234.50"),
        ("-1234.50", ENGLISH, "-1234.50"),
        ("1,234.50", ENGLISH, "1234.50"),
        ("-1,234,567.89", ENGLISH, "-1234567.89"),
        ("25,881", ENGLISH, "25881"),
        ("0.500000", ENGLISH, "0.50"),
        ("1,000.500", ENGLISH, "1000.50"),
        (".5", ENGLISH, "0.50"),
        ("-.5", ENGLISH, "-0.50"),
        ("144.", ENGLISH, "144"),
        ("+7", ENGLISH, "7"),
        (" 12.30 ", ENGLISH, "12.30"),
        ("\u00a012.30", ENGLISH, "12.30"),
        ("007", ENGLISH, "7"),
        ("9999999999999999.99", ENGLISH, "9999999999999999.99"),
        ("1.234,50", GERMAN, "1234.50"),
        ("1.234", GERMAN, "1234"),
        ("1234,5", GERMAN, "1234.50"),
        ("-0,05", GERMAN, "-0.05"),
        ("1 234.50", {"thousands": " "}, "1234.50"),
        ("1\u202f234.50", {"thousands": " "}, "1234.50"),
        ("1'234.50", {"thousands": "'"}, "1234.50"),
    ],
)
def test_a_number_is_read_exactly(
    settings: Settings, text: str, shape: dict[str, str], expected: str
) -> None:
    assert landed_value(settings, of_one_column(MONEY, **shape), text) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "shape", "code"),
    [
        ("1.234,50", ENGLISH, "NOT_A_NUMBER"),
        ("1,234.50", GERMAN, "NOT_A_NUMBER"),
        ("1,23.5", ENGLISH, "NOT_A_NUMBER"),
        ("1,2345", ENGLISH, "NOT_A_NUMBER"),
        (",123", ENGLISH, "NOT_A_NUMBER"),
        ("1,234", {}, "NOT_A_NUMBER"),
        ("1,,234", ENGLISH, "NOT_A_NUMBER"),
        ("1234,567", ENGLISH, "NOT_A_NUMBER"),
        ("1e3", ENGLISH, "NOT_A_NUMBER"),
        ("1E+15", ENGLISH, "NOT_A_NUMBER"),
        ("1_000", ENGLISH, "NOT_A_NUMBER"),
        ("0x10", ENGLISH, "NOT_A_NUMBER"),
        ("NaN", ENGLISH, "NOT_A_NUMBER"),
        ("Infinity", ENGLISH, "NOT_A_NUMBER"),
        ("--5", ENGLISH, "NOT_A_NUMBER"),
        ("5-", ENGLISH, "NOT_A_NUMBER"),
        ("(5.00)", ENGLISH, "NOT_A_NUMBER"),
        ("€5.00", ENGLISH, "NOT_A_NUMBER"),
        ("5%", ENGLISH, "NOT_A_NUMBER"),
        ("< 10", ENGLISH, "NOT_A_NUMBER"),
        ("1 234", ENGLISH, "NOT_A_NUMBER"),
        (".", ENGLISH, "NOT_A_NUMBER"),
        ("-", ENGLISH, "NOT_A_NUMBER"),
        ("twelve", ENGLISH, "NOT_A_NUMBER"),
        ("１２", ENGLISH, "NOT_A_NUMBER"),
        ("0.005", ENGLISH, "NOT_EXACT"),
        ("12.345", ENGLISH, "NOT_EXACT"),
        ("1,000.001", ENGLISH, "NOT_EXACT"),
        ("10000000000000000", ENGLISH, "OUT_OF_RANGE"),
    ],
)
def test_what_is_no_exact_number_is_quarantined_and_never_rounded(
    settings: Settings, text: str, shape: dict[str, str], code: str
) -> None:
    assert landed_value(settings, of_one_column(MONEY, **shape), text) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("-7", -7),
        ("25,881", 25881),
        ("7.00", 7),
        ("7.", 7),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_a_whole_number_is_read_exactly(settings: Settings, text: str, expected: int) -> None:
    assert landed_value(settings, of_one_column({"type": "integer"}, **ENGLISH), text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.7", "NOT_EXACT"),
        ("1,234.5", "NOT_EXACT"),
        ("9223372036854775808", "OUT_OF_RANGE"),
        ("1e3", "NOT_A_NUMBER"),
    ],
)
def test_what_is_no_whole_number_is_quarantined(settings: Settings, text: str, code: str) -> None:
    assert landed_value(settings, of_one_column({"type": "integer"}, **ENGLISH), text) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("€1,234.50", "1234.50"),
        ("1,234.50 €", "1234.50"),
        ("-€5", "-5"),
        ("€ 5", "5"),
        ("Rs.201.68", "201.68"),
        ("(1,234.50)", "-1234.50"),
        ("(€5.00)", "-5.00"),
        ("5", "5"),
        ("$5", "NOT_A_NUMBER"),
        ("(-5)", "NOT_A_NUMBER"),
        ("€€5", "NOT_A_NUMBER"),
        ("(5", "NOT_A_NUMBER"),
    ],
)
def test_only_declared_symbols_and_parentheses_are_taken_off(
    settings: Settings, text: str, expected: str
) -> None:
    column = {**MONEY, "symbols": ["€", "Rs."], "parentheses": True}
    found = landed_value(settings, of_one_column(column, **ENGLISH), text)
    assert found == (expected if expected.startswith("NOT") else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("77.77%", "0.7777"),
        ("12 %", "0.12"),
        ("-0.5%", "-0.005"),
        ("1,234%", "12.34"),
        ("0.01%", "0.0001"),
        ("0.001%", "NOT_EXACT"),
        ("0.12", "NOT_A_NUMBER"),
        ("< 10%", "NOT_A_NUMBER"),
    ],
)
def test_a_percentage_becomes_a_fraction_and_needs_its_sign(
    settings: Settings, text: str, expected: str
) -> None:
    column = {"type": "decimal(9,4)", "percent": True}
    found = landed_value(settings, of_one_column(column, **ENGLISH), text)
    assert found == (expected if expected.startswith("NOT") else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234567", "1.234567"),
        ("1", "0.000001"),
        ("-2500000", "-2.5"),
        ("1,000,000", "1"),
        ("1234567.0", "1.234567"),
        ("1234567.8", "NOT_EXACT"),
        ("999999999999999999", "999999999999.999999"),
        ("1000000000000000000", "OUT_OF_RANGE"),
    ],
)
def test_micros_become_units_by_moving_the_point(
    settings: Settings, text: str, expected: str
) -> None:
    column = {"type": "decimal(18,6)", "headers": [{"name": "Value", "divide_by": 1_000_000}]}
    found = landed_value(settings, of_one_column(column, **ENGLISH), text)
    assert found == (Decimal(expected) if expected[0] in "-0123456789" else expected)


@pytest.mark.parametrize(
    "text", ["1.5", "123456789012.123456", "1234567890123456789012345678901.123456", "-0.000001"]
)
def test_a_wide_decimal_keeps_all_its_digits(settings: Settings, text: str) -> None:
    assert landed_value(settings, of_one_column({"type": "decimal(38,6)"}), text) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2025-02-28", ["%Y-%m-%d"], date(2025, 2, 28)),
        ("2025-2-8", ["%Y-%m-%d"], date(2025, 2, 8)),
        ("28.02.2025", ["%d.%m.%Y"], date(2025, 2, 28)),
        ("2/8/2025", ["%m/%d/%Y"], date(2025, 2, 8)),
        ("Feb 1, 2020", ["%b %d, %Y"], date(2020, 2, 1)),
        ("10 February 2026", ["%d %B %Y"], date(2026, 2, 10)),
        ("01-02-2026", ["%Y-%m-%d", "%d-%m-%Y"], date(2026, 2, 1)),
        ("2025-02-28T10:11:12.000Z", ["%Y-%m-%dT%H:%M:%S.%fZ"], date(2025, 2, 28)),
        ("2024-02-29", ["%Y-%m-%d"], date(2024, 2, 29)),
        ("2025-02-30", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("2025-02-29", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("25-02-28", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("28/02/2025", ["%m/%d/%Y"], "NOT_A_DATE"),
        ("2025-02-28 10:00:00", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("2025-02-28x", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("infinity", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("today", ["%Y-%m-%d"], "NOT_A_DATE"),
        ("45000", ["%Y-%m-%d"], "NOT_A_DATE"),
    ],
)
def test_a_date_is_read_by_its_declared_formats_alone(
    settings: Settings, text: str, formats: list[str], expected: date | str
) -> None:
    column = {"type": "date", "formats": formats}
    assert landed_value(settings, of_one_column(column), text) == expected


@pytest.mark.parametrize(
    ("text", "form", "zone", "expected"),
    [
        ("2025-01-02 03:04:05", "%Y-%m-%d %H:%M:%S", "UTC", datetime(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02 03:04", "%Y-%m-%d %H:%M", "UTC", datetime(2025, 1, 2, 3, 4)),
        ("12/1/10 8:26", "%m/%d/%y %H:%M", "UTC", datetime(2010, 12, 1, 8, 26)),
        ("1/5/2025 3:05 pm", "%m/%d/%Y %I:%M %p", "UTC", datetime(2025, 1, 5, 15, 5)),
        (
            "2025-01-02T03:04:05.120Z",
            "%Y-%m-%dT%H:%M:%S.%fZ",
            "UTC",
            datetime(2025, 1, 2, 3, 4, 5, 120_000),
        ),
        (
            "2025-07-01T12:00:00+02:00",
            "%Y-%m-%dT%H:%M:%S%z",
            "America/New_York",
            datetime(2025, 7, 1, 10),
        ),
        ("2025-07-01 12:00:00 -0530", "%Y-%m-%d %H:%M:%S %z", "UTC", datetime(2025, 7, 1, 17, 30)),
        ("2025-07-01T12:00:00Z", "%Y-%m-%dT%H:%M:%S%z", "UTC", datetime(2025, 7, 1, 12)),
        ("2025-07-01 12:00:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", datetime(2025, 7, 1, 10)),
        ("2025-01-01 12:00:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", datetime(2025, 1, 1, 11)),
        ("2025-01-01 05:30:00", "%Y-%m-%d %H:%M:%S", "Asia/Kolkata", datetime(2025, 1, 1)),
        ("2025-03-30 02:30:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "NOT_A_TIMESTAMP"),
        ("2025-01-02", "%Y-%m-%d %H:%M:%S", "UTC", "NOT_A_TIMESTAMP"),
        ("2025-01-02 25:00:00", "%Y-%m-%d %H:%M:%S", "UTC", "NOT_A_TIMESTAMP"),
        ("2025-07-01 12:00:00", "%Y-%m-%d %H:%M:%S%z", "UTC", "NOT_A_TIMESTAMP"),
    ],
)
def test_f055_a_time_stamp_lands_in_utc(
    settings: Settings, text: str, form: str, zone: str, expected: datetime | str
) -> None:
    column = {"type": "timestamp", "formats": [form], "time_zone": zone}
    assert landed_value(settings, of_one_column(column), text) == expected


def test_f055_a_time_that_the_clocks_show_twice_is_always_read_as_the_same_one(
    settings: Settings,
) -> None:
    # Berlin's clocks go back at 3:00 on that day; of both 2:30, the one in winter time is taken.
    column = {
        "type": "timestamp",
        "formats": ["%Y-%m-%d %H:%M:%S"],
        "time_zone": "Europe/Berlin",
    }
    found = landed_value(settings, of_one_column(column), "2025-10-26 02:30:00")
    assert found == datetime(2025, 10, 26, 1, 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", True),
        ("no", False),
        (" yes ", True),
        ("true", "NOT_A_BOOLEAN"),
        ("Yes", "NOT_A_BOOLEAN"),
    ],
)
def test_only_declared_words_are_true_or_false(
    settings: Settings, text: str, expected: bool | str
) -> None:
    column = {"type": "boolean", "true_values": ["yes"], "false_values": ["no"]}
    assert landed_value(settings, of_one_column(column), text) == expected


@pytest.mark.parametrize(
    "text", ["NA", "null", "None", "007", "  blanks kept  ", "a\nb", '"', "'", "é\u00a0", "1E+15"]
)
def test_text_is_kept_exactly(settings: Settings, text: str) -> None:
    assert landed_value(settings, of_one_column({"type": "text"}), text) == text


@pytest.mark.parametrize("text", ["", "--", " --", "-- ", "   ", "\u00a0--"])
def test_declared_nulls_are_nothing_with_or_without_blanks_around(
    settings: Settings, text: str
) -> None:
    for column in ({"type": "text"}, MONEY, {"type": "date", "formats": ["%Y-%m-%d"]}):
        stream = of_one_column(column, nulls=["", "--"])
        assert landed_value(settings, stream, text) is None


def test_an_empty_cell_is_an_empty_text_where_the_contract_declares_no_null(
    settings: Settings,
) -> None:
    assert landed_value(settings, of_one_column({"type": "text"}, nulls=[]), "") == ""


@pytest.mark.parametrize("text", ["1.23E+15", "1,23E+15", "1E+15"])
def test_f032_an_identifier_that_excel_made_a_number_of_is_quarantined(
    settings: Settings, text: str
) -> None:
    stream = of_one_column({"type": "text"})
    ids = stream.model_copy(update={"key": ("value",)})
    assert landed_value(settings, ids, text) == "EXCEL_DAMAGE"


def test_a_cell_that_may_not_be_empty_is_quarantined_with_its_column(settings: Settings) -> None:
    stream = of_one_column({**MONEY, "nullable": False})
    assert landed_value(settings, stream, "") == "MISSING_VALUE"


def test_the_expected_form_is_shown_in_the_contracts_own_way_of_writing(
    settings: Settings,
) -> None:
    house = House.of(settings, of_one_column(MONEY, **ENGLISH))
    landing = house.land("shop/a.csv", "N;Value\n1;1.234,50\n")
    assert house.quarantine(landing)[0]["expected"] == "a number such as 1,234.50"
