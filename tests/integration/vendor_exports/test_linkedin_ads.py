"""Campaign Manager's reports: UTF-16, a preamble, dollars beside the account's currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.integration.vendor_exports.ads_exports import house_of, refused, seen, totals, whole
from tests.landed_exports import House

REPORT = (
    "Campaign Performance Report (in UTC)\n"
    "Report Start: September 1, 2026, 12:00 AM\n"
    "Report End: September 2, 2026, 11:59 PM\n"
    "Date Generated: September 5, 2026, 9:12 AM\n\n"
    "Start Date (in UTC)\tAccount Name\tCurrency\tCampaign Group Name\tCampaign Name\tCampaign ID\t"
    "Total Spent\tTotal Spent in USD\tImpressions\tClicks\tConversions\tTotal Conversion Value\n"
    "09/01/2026\tHoses\tEUR\tAll\tLeads\t11\t1,234.50\t1,358.00\t10,000\t200\t3\t300.00\n"
    "09/02/2026\tHoses\tEUR\tAll\tLeads\t11\t100.00\t110.00\t2,000\t40\t1\t100.00\n"
    "Total\t\t\t\t\t\t1,334.50\t1,468.00\t12,000\t240\t4\t400.00\n"
)
ROWS = [
    (date(2026, 9, 1), "11", "EUR", Decimal("1234.50"), 10_000, 200),
    (date(2026, 9, 2), "11", "EUR", Decimal("100.00"), 2_000, 40),
]
FIGURES = (
    "performance_date", "campaign_id", "currency_code", "spend_amount", "impressions", "clicks",
)  # fmt: skip


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_the_spend_is_that_in_the_accounts_currency(house: House) -> None:
    landing = whole(house, "linkedin_ads/campaigns.csv", REPORT.encode("utf-16"))

    assert landing.table == "linkedin_ads__campaign_performance"
    assert seen(house, landing, *FIGURES) == ROWS
    assert seen(house, landing, "spend_usd_text") == [("1,358.00",), ("110.00",)]
    assert ("spend_amount", "1334.5", "equal") in totals(landing)


def test_commas_instead_of_tabs_land_to_the_same_rows(house: House) -> None:
    text = "\n".join(
        line if "\t" not in line else '"' + line.replace("\t", '","') + '"'
        for line in REPORT.splitlines()
    )

    assert seen(house, whole(house, "linkedin_ads/campaigns.csv", text), *FIGURES) == ROWS


def test_a_report_without_its_last_day_is_refused(house: House) -> None:
    cut = "".join(line for line in REPORT.splitlines(True) if not line.startswith("09/02"))

    said = refused(house, "linkedin_ads/campaigns.csv", cut.encode("utf-16"))

    assert said.code == "CONTROL_TOTAL"


def test_ads_without_a_day_are_of_the_reports_days(house: House) -> None:
    landing = whole(
        house,
        "linkedin_ads/ads.csv",
        "Ad Performance Report (in UTC)\nReport Start: 09/01/2026, Report End: 09/02/2026\n\n"
        "Account Name,Currency,Campaign Name,Ad ID,Total Spent,Impressions,Clicks\n"
        "Hoses,EUR,Leads,7,12.50,100,2\n",
    )

    assert landing.table == "linkedin_ads__ad_performance"
    assert seen(house, landing, "period_start", "period_end", "spend_amount") == [
        (date(2026, 9, 1), date(2026, 9, 2), Decimal("12.50"))
    ]
