"""Amazon's reports: five views of one money, signs and Indian grouping, windows that never mix."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.integration.vendor_exports.ads_exports import STREAMS, fixture, house_of, seen, whole
from tests.landed_exports import House, workbook_of

INDIA = "amazon_ads/Sponsored_Products_Advertised_product_report.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_an_indian_report_has_its_currency_in_a_header_and_groups_of_two(house: House) -> None:
    """1,23,456 is 123,456; `Rs.1,23,456.78` is 123,456.78."""
    landing = whole(house, INDIA)

    assert landing.table == "amazon_ads__sponsored_products_advertised_product"
    assert seen(
        house, landing, "performance_date", "currency_code", "spend_amount", "impressions",
        "sales_14_day_amount", "sales_7_day_amount",
    ) == [
        (date(2020, 2, 1), "₹", Decimal("201.68"), 123_456, Decimal("123456.78"), None),
        (date(2020, 2, 2), "₹", Decimal("40.00"), 900, Decimal("0.00"), None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stream", "first", "last", "spend"),
    [
        ("Sponsored_Products_Campaign_report", "sponsored_products_campaign",
         date(2026, 9, 1), date(2026, 9, 30), "1012.34"),
        ("Sponsored_Products_Placement_report", "sponsored_products_placement",
         date(2026, 9, 1), date(2026, 9, 1), "1.00"),
        ("Sponsored_Products_Targeting_report", "sponsored_products_targeting",
         date(2026, 9, 1), date(2026, 9, 1), "1.50"),
        ("Suchbegriffe", "sponsored_products_search_term",
         date(2026, 9, 1), date(2026, 9, 1), "6.00"),
        ("Sponsored_Brands_Campaign_report", "sponsored_brands_campaign",
         date(2026, 9, 1), date(2026, 9, 1), "20.00"),
    ],
)  # fmt: skip
def test_every_report_is_taken_for_its_own_view(
    house: House, name: str, stream: str, first: date, last: date, spend: str
) -> None:
    landing = whole(house, f"amazon_ads/{name}.csv")

    assert landing.table == f"amazon_ads__{stream}"
    assert seen(house, landing, "period_start", "period_end", "spend_amount", "currency_code")[
        0
    ] == (first, last, Decimal(spend), "EUR")


def test_a_report_by_display_is_not_taken_for_one_by_brands(house: House) -> None:
    content = fixture("amazon_ads/Sponsored_Brands_Campaign_report.csv")

    landing = whole(house, "amazon_ads/Sponsored_Display_Campaign_report.csv", content)

    assert landing.table == "amazon_ads__sponsored_display_campaign"


def test_days_of_a_workbook_may_be_dates_or_excels_numbers(house: House) -> None:
    """Excel counts the 1 September 2026 as 46266."""
    header = [
        "Date", "Currency", "Campaign Name", "Ad Group Name", "Targeting", "Match Type",
        "Customer Search Term", "Impressions", "Clicks", "Spend", "7 Day Total Sales ",
    ]  # fmt: skip
    rest = ["EUR", "Hoses", "Auto", "close-match", "-", "hose", 100, 2, 1.25, 19.9]
    book = workbook_of([header, [date(2026, 9, 1), *rest], [46266, *rest]])
    landing = whole(house, "amazon_ads/Sponsored_Products_Search_term_report.xlsx", book)

    assert (
        seen(house, landing, "performance_date", "spend_amount", "sales_7_day_amount")
        == [(date(2026, 9, 1), Decimal("1.25"), Decimal("19.9"))] * 2
    )


def test_the_report_by_campaign_is_the_spend_and_the_other_four_are_views() -> None:
    ranks = {
        name: STREAMS[f"amazon_ads__sponsored_products_{name}"].spend_rank
        for name in ("campaign", "advertised_product", "targeting", "placement", "search_term")
    }

    assert ranks == {
        "campaign": 20, "advertised_product": 40, "targeting": 50, "placement": 60,
        "search_term": 70,
    }  # fmt: skip
