"""TikTok Ads Manager's exports: by day or by the file's name, the total row last."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.integration.vendor_exports.ads_exports import (
    fixture,
    house_of,
    refused,
    seen,
    totals,
    whole,
)  # fmt: skip
from tests.landed_exports import House, workbook_of

AD_GROUPS = "tiktok_ads/Ad group report.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_ad_groups_by_day_land_without_the_total(house: House) -> None:
    landing = whole(house, AD_GROUPS)

    assert landing.table == "tiktok_ads__ad_group_performance"
    assert seen(house, landing, "performance_date", "spend_amount", "clicks") == [
        (date(2026, 9, 1), Decimal("1212.50"), 120),
        (date(2026, 9, 2), Decimal("2.50"), 1),
    ]
    assert ("spend_amount", "1215", "equal") in totals(landing)


def test_a_report_without_days_is_of_those_in_its_name(house: House) -> None:
    landing = whole(house, "tiktok_ads/Campaign report-20260901-20260907.csv")

    assert seen(house, landing, "period_start", "period_end", "currency_code") == [
        (date(2026, 9, 1), date(2026, 9, 7), "EUR")
    ]


def test_a_workbook_of_ads_lands_with_numbers_as_they_are(house: House) -> None:
    rows = [
        ["By Day", "Campaign name", "Ad group name", "Ad name", "Currency", "Cost", "Impressions",
         "Clicks (destination)"],
        ["2026-09-01", "Dance", "Young", "Film", "EUR", 12.55, 1000, 12],
        ["2026-09-02", "Dance", "Young", "Film", "EUR", 2.5, 100, 1],
        ["Total of 2 results", "-", "-", "-", "-", 15.05, 1100, 13],
    ]  # fmt: skip
    landing = whole(house, "tiktok_ads/Ad report.xlsx", workbook_of(rows))

    assert landing.table == "tiktok_ads__ad_performance"
    assert landing.rows_skipped["total"] == 1
    assert [spend for (spend,) in seen(house, landing, "spend_amount")] == [
        Decimal("12.55"), Decimal("2.5"),
    ]  # fmt: skip


def test_a_report_whose_total_is_of_more_is_refused(house: House) -> None:
    text = fixture(AD_GROUPS).decode().replace("EUR,2.50,", "EUR,2.00,")

    assert refused(house, AD_GROUPS, text).code == "CONTROL_TOTAL"
