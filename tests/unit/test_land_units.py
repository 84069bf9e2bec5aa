"""One amount, however the vendor writes it: cents, percent, lakh, brackets, Excel's day numbers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines.settings import Settings
from tests.landed_exports import House, declared, of_one_column

AMOUNT = {"type": "decimal(18,4)"}


def value_of(settings: Settings, column: dict[str, Any], text: str, **shape: Any) -> Any:
    """What a cell lands as; the code of its fault where it does not."""
    house = House.of(settings, of_one_column(column, **shape))
    landing = house.land("shop/a.csv", f"N;Value\n1;{text}\n")
    if landing.rows_quarantined:
        return house.quarantine(landing)[0]["code"]
    return house.rows(landing)[0]["value"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,23,456.78", "123456.78"),
        ("12,34,56,789.5", "123456789.5"),
        ("12,345", "12345"),
        ("999", "999"),
        ("1,234,567", "NOT_A_NUMBER"),
        ("123,456", "NOT_A_NUMBER"),
    ],
)
def test_f030_indian_groups(settings: Settings, text: str, value: str) -> None:
    found = value_of(settings, AMOUNT, text, thousands=",", grouping="indian")
    assert found == (value if value == "NOT_A_NUMBER" else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Rs.201.68", "201.68"),
        ("₹ 201.68", "201.68"),
        ("$(12.50)", "-12.50"),
        ("($12.50)", "-12.50"),
        ("(12.50)", "-12.50"),
        ("-$12.50", "-12.50"),
        ("$-12.50", "-12.50"),
        ("12.50-", "-12.50"),
        ("12.50 $", "12.50"),
        ("−12.50", "-12.50"),  # U+2212, as Scandinavian locales write it
        ("(-12.50)", "NOT_A_NUMBER"),
        ("-12.50-", "NOT_A_NUMBER"),
        ("€12.50", "NOT_A_NUMBER"),
        ("12.50$$", "NOT_A_NUMBER"),
    ],
)
def test_f031_symbols_brackets_and_minus_signs(settings: Settings, text: str, value: str) -> None:
    column = {
        **AMOUNT,
        "symbols": ["Rs.", "₹", "$"],
        "parentheses": True,
        "trailing_minus": True,
    }
    found = value_of(settings, column, text)
    assert found == (value if value == "NOT_A_NUMBER" else Decimal(value))


def test_f031_a_minus_behind_or_brackets_only_where_declared(settings: Settings) -> None:
    assert value_of(settings, AMOUNT, "12.50-") == "NOT_A_NUMBER"
    assert value_of(settings, AMOUNT, "(12.50)") == "NOT_A_NUMBER"


def test_f030_the_swiss_apostrophe_has_two_forms(settings: Settings) -> None:
    assert value_of(settings, AMOUNT, "1'234.50", thousands="'") == Decimal("1234.50")
    assert value_of(settings, AMOUNT, "1’234.50", thousands="'") == Decimal("1234.50")


def test_nothing_may_be_written_in_another_way_in_one_column(settings: Settings) -> None:
    column = {**AMOUNT, "nulls": ["< 10%"]}
    assert value_of(settings, column, "< 10%") is None
    assert value_of(settings, column, "< 11%") == "NOT_A_NUMBER"


def charges(settings: Settings) -> House:
    columns = [
        {"name": "n", "headers": ["N"], "type": "integer", "required": True},
        {"name": "currency_code", "headers": ["Currency"], "type": "text"},
        {
            "name": "amount",
            "headers": ["Amount"],
            "type": "decimal(18,6)",
            "required": True,
            "minor_units": {"currency": "currency_code", "exceptions": {"JPY": 0, "KWD": 3}},
        },
    ]
    return House.of(settings, declared(columns=columns, key=["n"], quarantine_limit=1))


def test_f050_minor_units_are_those_of_the_rows_currency(settings: Settings) -> None:
    house = charges(settings)
    content = "N,Currency,Amount\n1,eur,1999\n2,JPY,1999\n3, kwd ,1999\n4,USD,-5\n"
    landing = house.land("shop/a.csv", content)
    found = [row["amount"] for row in house.rows(landing)]
    assert found == [Decimal("19.99"), Decimal(1999), Decimal("1.999"), Decimal("-0.05")]


def test_f059_an_amount_in_minor_units_of_no_currency_is_quarantined(settings: Settings) -> None:
    house = charges(settings)
    landing = house.land("shop/a.csv", "N,Currency,Amount\n1,EUR,100\n2,,1999\n")
    [fault] = house.quarantine(landing)
    assert (fault["code"], fault["_row_number"], fault["value"]) == ("MISSING_CURRENCY", 3, "1999")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("43862", date(2020, 2, 1)),  # as Excel itself shows it
        ("61", date(1900, 3, 1)),
        ("45351", date(2024, 2, 29)),
        ("43862.0", date(2020, 2, 1)),
        ("43862.5", "NOT_A_DATE"),
        ("60", "NOT_A_DATE"),  # 29 February 1900, which never was
        ("Feb 1, 2020", date(2020, 2, 1)),
    ],
)
def test_the_day_number_of_excel_is_a_date(settings: Settings, text: str, value: Any) -> None:
    column = {"type": "date", "formats": ["%b %d, %Y", "excel"]}
    assert value_of(settings, column, text) == value


def test_the_day_number_with_its_fraction_is_a_time(settings: Settings) -> None:
    column = {"type": "timestamp", "formats": ["excel"]}
    assert value_of(settings, column, "43862.75") == datetime.fromisoformat("2020-02-01 18:00")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3. März 2026", date(2026, 3, 3)),
        ("3. Mai 2026", date(2026, 5, 3)),
        ("3. dezember 2026", date(2026, 12, 3)),
        ("3. March 2026", date(2026, 3, 3)),
        ("3. août 2026", "NOT_A_DATE"),
    ],
)
def test_months_in_cells_are_named_in_the_shapes_language(
    settings: Settings, text: str, value: Any
) -> None:
    column = {"type": "date", "formats": ["%d. %B %Y"]}
    assert value_of(settings, column, text, language="de") == value


def test_a_time_may_have_a_narrow_blank_before_am_or_pm(settings: Settings) -> None:
    column = {"type": "timestamp", "formats": ["%m/%d/%Y %I:%M %p"]}
    assert value_of(settings, column, "3/4/2026 5:03\u202fPM") == datetime.fromisoformat(
        "2026-03-04 17:03"
    )


def bookings(settings: Settings) -> House:
    within = {"preamble": r"(\d{8});(\d{8})", "formats": ["%Y%m%d"]}
    columns = [
        {"name": "n", "headers": ["N"], "type": "integer", "required": True},
        {
            "name": "document_date",
            "headers": ["Belegdatum"],
            "type": "date",
            "formats": ["%d%m"],
            "within": within,
            "required": True,
        },
    ]
    shapes = [{"name": "csv", "delimiter": ";", "preamble_rows": 1}]
    contract = declared(shapes=shapes, columns=columns, key=["n"], quarantine_limit=1)
    return House.of(settings, contract)


def test_a_date_without_year_lies_in_the_stated_span(settings: Settings) -> None:
    house = bookings(settings)
    content = "EXTF;20250701;20260630\nN;Belegdatum\n1;0107\n2;107\n3;3112\n4;3006\n5;2902\n"
    landing = house.land("shop/a.csv", content)
    assert [row["document_date"] for row in house.rows(landing)] == [
        date(2025, 7, 1),
        date(2025, 7, 1),
        date(2025, 12, 31),
        date(2026, 6, 30),
    ]
    assert [fault["value"] for fault in house.quarantine(landing)] == ["2902"]


@pytest.mark.parametrize("stated", ["EXTF", "EXTF;20250701;20260701", "EXTF;20250701;20270630"])
def test_a_span_that_leaves_the_year_open_is_refused(settings: Settings, stated: str) -> None:
    refused = bookings(settings).refuse("shop/a.csv", f"{stated}\nN;Belegdatum\n1;0107\n")
    assert refused.code == "SCHEMA_DRIFT"


def test_f061_what_has_happened_lies_neither_after_the_export_nor_before_all_time(
    settings: Settings,
) -> None:
    """The export is of 1 March; on the other side of the date line it may be the 2nd already."""
    column = {"type": "date", "formats": ["%Y-%m-%d"], "happened": True}
    assert value_of(settings, column, "2026-03-02") == date(2026, 3, 2)
    assert value_of(settings, column, "2026-03-03") == "FUTURE_DATE"
    assert value_of(settings, column, "1900-01-01") == "TOO_EARLY"
    assert value_of(settings, column, "") is None
    assert value_of(settings, column, "2026-02-30") == "NOT_A_DATE"
