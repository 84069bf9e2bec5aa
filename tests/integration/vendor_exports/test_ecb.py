"""The European Central Bank's rates: of today, of 90 days and of all time."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from finance_exports import STREAMS, fixture, real, values, whole, without_lineage

from pipelines.settings import Settings
from tests.landed_exports import House

DAYS = "ecb/eurofxref-hist-90d.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def zipped(name: str, content: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


def test_the_last_days_land_and_a_comma_at_the_end_is_no_column(house: House) -> None:
    landing = whole(house, DAYS)

    assert values(house, landing, "rate_date", "usd", "jpy", "bgn", "brl") == [
        (date(2026, 3, 31), Decimal("1.1512"), Decimal("183.45"), None, Decimal("6.0312")),
        (date(2026, 3, 30), Decimal("1.1498"), Decimal("183.02"), None, Decimal("6.02")),
        (date(2026, 3, 27), Decimal("1.15"), Decimal("182.9"), None, Decimal("6.01")),
    ]
    assert landing.drift == []


def test_the_archive_holds_the_same_rates_as_the_file_in_it(house: House) -> None:
    plain = without_lineage(house, whole(house, DAYS))
    packed = whole(house, "ecb/eurofxref-hist-90d.zip", zipped("eurofxref.csv", fixture(DAYS)))

    assert without_lineage(house, packed) == plain


def test_todays_file_names_its_day_in_words(house: House) -> None:
    text = "Date, USD, JPY, GBP, \n31 March 2026, 1.1512, 183.45, 0.87015, \n"

    landing = whole(house, "ecb/eurofxref.zip", zipped("eurofxref.csv", text))

    assert values(house, landing, "rate_date", "usd", "gbp") == [
        (date(2026, 3, 31), Decimal("1.1512"), Decimal("0.87015"))
    ]


def test_f030_a_currency_that_nobody_knows_yet_is_said_and_kept(house: House) -> None:
    text = fixture(DAYS).replace(",BRL,", ",BRL,ARS,").replace(",6.0312,", ",6.0312,1712.5,")
    text = text.replace(",6.02,", ",6.02,1710,").replace(",6.01,", ",6.01,N/A,")

    landing = whole(house, DAYS, text)

    assert landing.drift == ["ARS"]
    assert '"ARS":"1712.5"' in str(house.rows(landing)[0]["_extra"]).replace(" ", "")


def test_the_real_history_lands(house: House) -> None:
    landing = whole(house, "ecb/eurofxref-hist.zip", real("ecb_fx/eurofxref-hist.zip"))

    usd = dict(values(house, landing, "rate_date", "usd"))
    assert landing.rows_landed == 6983
    assert usd[date(2023, 12, 29)] == Decimal("1.105")
    assert usd[date(2020, 3, 31)] == Decimal("1.0956")
