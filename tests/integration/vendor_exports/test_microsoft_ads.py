"""Microsoft Advertising's performance reports: preamble, ids in brackets, total row, footer."""

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
from tests.landed_exports import House

CAMPAIGNS = "microsoft_ads/Campaign_performance.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_a_campaign_report_lands_without_its_total_and_footer(house: House) -> None:
    landing = whole(house, CAMPAIGNS)

    assert landing.rows_skipped == {
        "blank": 1, "footer": 1, "header": 1, "preamble": 10, "total": 1,
    }  # fmt: skip
    assert seen(house, landing, "performance_date", "spend_amount", "impressions", "clicks") == [
        (date(2026, 7, 1), Decimal("12.50"), 1000, 10),
        (date(2026, 7, 3), Decimal("0.50"), 20, 1),
    ]
    assert ("spend_amount", "13", "equal") in totals(landing)


def test_the_days_covered_are_those_that_the_preamble_states(house: House) -> None:
    landing = whole(house, CAMPAIGNS)

    assert (landing.covered_from, landing.covered_to) == (date(2026, 7, 1), date(2026, 7, 3))
    assert seen(house, landing, "time_zone_text")[0][0].startswith("(GMT+01:00) Amsterdam")


def test_a_report_whose_total_is_of_more_is_refused(house: House) -> None:
    text = fixture(CAMPAIGNS).decode().replace('"0.50","0","0.00"', '"0.40","0","0.00"')

    assert refused(house, CAMPAIGNS, text).code == "CONTROL_TOTAL"


@pytest.mark.parametrize(
    ("name", "table", "spend"),
    [
        ("Ad_group_performance", "ad_group_performance", "12.50"),
        ("Ad_performance", "ad_performance", "12.50"),
        ("Keyword_performance", "keyword_performance", "1318.26"),
        ("Search_term", "search_query_performance", "318.26"),
    ],
)
def test_every_report_is_taken_for_its_own_level(
    house: House, name: str, table: str, spend: str
) -> None:
    """Under the interface's headers and the API's."""
    landing = whole(house, f"microsoft_ads/{name}.csv")

    assert landing.table == f"microsoft_ads__{table}"
    assert seen(house, landing, "spend_amount") == [(Decimal(spend),)]


def test_a_report_without_days_is_of_the_stated_time(house: House) -> None:
    landing = whole(house, "microsoft_ads/Search_term.csv")

    assert seen(house, landing, "period_start", "period_end") == [
        (date(2026, 7, 1), date(2026, 7, 3))
    ]


def test_tabs_and_utf_16_land_to_the_same_rows(house: House) -> None:
    plain = whole(house, CAMPAIGNS)
    text = fixture(CAMPAIGNS).decode()
    head, table = text.split("\n\n", 1)
    tabbed = head + "\n\n" + table.replace('","', '"\t"')
    other = whole(house, "microsoft_ads/Campaign performance.csv", tabbed.encode("utf-16"))

    figures = ("performance_date", "campaign_id", "spend_amount", "impressions", "clicks")
    assert seen(house, other, *figures) == seen(house, plain, *figures)
