"""DATEV's booking batches and account labels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from finance_exports import FIXTURES, STREAMS, real, total, values, whole

from pipelines.settings import Settings
from tests.landed_exports import House

BATCH = "datev/EXTF_Buchungsstapel.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def batch() -> bytes:
    return (FIXTURES / BATCH).read_bytes()


def test_days_without_a_year_lie_in_the_span_of_the_batch(house: House) -> None:
    """From December to January: each day is in the one year that the span allows."""
    landing = whole(house, BATCH)

    assert [day for (day,) in values(house, landing, "posting_date")] == [
        date(2023, 12, 15), date(2024, 1, 2), date(2024, 1, 31), date(2024, 1, 31),
    ]  # fmt: skip
    assert (landing.covered_from, landing.covered_to) == (date(2023, 12, 1), date(2024, 1, 31))
    assert landing.exported_at.isoformat() == "2024-04-10T08:25:00+00:00"  # 10:25 in Berlin


def test_the_first_line_says_whose_books_they_are(house: House) -> None:
    landing = whole(house, BATCH)

    columns = ("consultant_id", "client_id", "batch_name", "origin", "base_currency_code")
    assert set(values(house, landing, *columns)) == {
        ("1001", "456", "Ausgangsrechnungen", "RE", "EUR")
    }
    assert values(house, landing, "ledger_account_digits")[0] == (4,)


def test_amounts_have_a_decimal_comma_and_a_side(house: House) -> None:
    landing = whole(house, BATCH)

    assert values(house, landing, "amount", "side", "booking_text") == [
        (Decimal("1190.00"), "S", "Müller Bäckerei – Dezember"),
        (Decimal("1200.50"), "H", "Bürobedarf; Papier"),
        (Decimal("110.50"), "S", "Export"),
        (Decimal("1190.00"), "S", "Storno"),
    ]
    assert values(house, landing, "currency_code", "exchange_rate", "base_amount")[2] == (
        "USD", Decimal("1.105"), Decimal(100),
    )  # fmt: skip


def test_the_spelling_of_older_versions_is_the_same_column(house: House) -> None:
    older = batch().replace(b'"Basis-Umsatz"', b'"Basisumsatz"').replace(b"700;21", b"510;21", 1)

    landing = whole(house, BATCH, older)

    assert total(house, landing, "base_amount") == 100


def test_two_batches_of_one_month_do_not_restate_each_other(house: House) -> None:
    whole(house, BATCH)
    bank = batch().replace(b"Ausgangsrechnungen", b"Bank")
    whole(house, "datev/EXTF_Bank.csv", bank)
    again = batch().replace(b"1190,00", b"1200,00").replace(b"20240410", b"20240411")
    whole(house, "datev/EXTF_again.csv", again)

    rows = house.view("datev__bookings")

    assert len(rows) == 8
    assert sum(row["amount"] for row in rows if row["batch_name"] == "Bank") == Decimal("3691.00")
    # 1200 + 1200.50 + 110.50 + 1200, of the newer export of that batch.
    assert sum(row["amount"] for row in rows if row["batch_name"] != "Bank") == Decimal("3711.00")


def test_a_day_outside_the_span_is_quarantined(house: House) -> None:
    landing = house.land(BATCH, batch().replace(b";1512;", b";1506;"))

    [broken] = house.quarantine(landing)
    assert broken["column_name"] == "posting_date"


def test_labels_land_by_account(house: House) -> None:
    landing = whole(house, "datev/EXTF_Kontenbeschriftungen.csv")

    assert values(house, landing, "account_id", "account_name") == [
        ("8400", "Erlöse 19 % USt"),
        ("1200", "Bank"),
    ]


def test_the_real_batch_lands(house: House) -> None:
    landing = whole(
        house, "datev/EXTF_Buchungsstapel.csv", real("datev_extf/EXTF_Buchungsstapel.csv")
    )

    columns = ("posting_date", "amount", "side", "account_id", "counter_account_id", "tax_key")
    assert values(house, landing, *columns) == [
        (date(2018, 2, 21), Decimal("24.95"), "H", "1200", "4940", "8"),
        (date(2018, 2, 22), Decimal("5950.00"), "S", "10000", "8400", None),
    ]
