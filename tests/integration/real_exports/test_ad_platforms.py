"""Google's and Meta's replicated tables: what was spent, seen and clicked, to the last micro."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from real_project import EXPORTS, Mart, RunExports, change, exactly

pytestmark = pytest.mark.slow

GOOGLE = "fivetran/google_ads"


def say_the_currency_of_the_meta_account(project: Path) -> None:
    """No table of the sync tool says it, so the contract has to, as its own description tells."""
    change(
        project / "models" / "contracts" / "ads" / "meta_ads.yml",
        "headers: [account_currency, currency], type: text",
        "headers: [account_currency, currency], taken_from: {constant: USD}, type: text",
    )


@pytest.fixture(scope="module")
def ads(run_exports: RunExports) -> Mart:
    return run_exports(
        "2022-01-01",
        "USD",
        say_the_currency_of_the_meta_account,
        google_ads=[
            f"{GOOGLE}/account_stats_data.csv",
            f"{GOOGLE}/campaign_stats_data.csv",
            f"{GOOGLE}/account_history_data.csv",
            # No contract of ours reads it, and it stops nothing.
            f"{GOOGLE}/ad_group_criterion_history_data.csv",
        ],
        meta_ads=["fivetran/facebook_ads/facebook_ads_basic_ad_data.csv"],
    )


def test_the_ad_platforms_are_released(ads: Mart) -> None:
    assert ads.outcome.status == "released", ads.outcome.reasons


@pytest.mark.parametrize(
    ("kpi", "first_quarter", "third_quarter"),
    [
        ("ad_spend", "231.33", "1632.333323"),
        ("impressions", "1854", "1050214"),
        ("clicks", "280", "9742"),
        ("ad_conversions", "0", "176"),
    ],
)
def test_google_ads_sums_to_what_its_tables_say(
    ads: Mart, kpi: str, first_quarter: str, third_quarter: str
) -> None:
    """The campaigns' table is of January and February, the account's of July to September."""
    assert ads.kpi(kpi, "quarter", "2021-01-01", "platform", "google_ads") == exactly(first_quarter)
    assert ads.kpi(kpi, "quarter", "2021-07-01", "platform", "google_ads") == exactly(third_quarter)


@pytest.mark.parametrize(
    ("kpi", "december"), [("ad_spend", "643.63"), ("impressions", "37275"), ("clicks", "149")]
)
def test_meta_ads_sums_to_what_its_table_says(ads: Mart, kpi: str, december: str) -> None:
    """The table writes 144 with a point and nothing after it."""
    assert ads.kpi(kpi, "month", "2020-12-01", "platform", "meta_ads") == exactly(december)


def test_nothing_is_said_of_days_after_the_last_that_an_export_covers(ads: Mart) -> None:
    """As of January 2022, but the newest table ends before: no 0 for what nobody knows."""
    exports = ads.settings.inbox / "google_ads"
    with (exports / "account_stats_data.csv").open(encoding="utf-8") as file:
        last = max(row["date"] for row in csv.DictReader(file))

    ((newest,),) = ads.query(
        """select max(period_start) from kpi_mart.kpi_values
        where kpi = 'ad_spend' and grain = 'day' and slice = 'total'"""
    )
    assert newest.isoformat() == last
    ((shown, still_to_come),) = ads.query(
        """select count(*), count(*) filter (where period_start > cast(? as date))
        from kpi_mart.kpi_latest where kpi = 'ad_spend' and grain = 'day' and slice = 'total'""",
        last,
    )
    assert (shown, still_to_come) == (13, 0)


def test_a_table_that_no_contract_reads_is_kept_apart_and_stops_nothing(ads: Mart) -> None:
    refused = {file.file for file in ads.outcome.landed.quarantined}

    assert refused == {"google_ads/ad_group_criterion_history_data.csv"}
    assert ads.kpi_over_years("ad_spend") == exactly("231.33") + exactly("1632.333323") + exactly(
        "643.63"
    )


def test_breakdowns_of_an_account_add_nothing_to_its_spend(run_exports: RunExports) -> None:
    """January and February 2021 are in four tables; the campaigns' one goes before the others."""
    tables = ("account_history", "campaign_stats", "ad_group_stats", "ad_stats", "keyword_stats")
    mart = run_exports(
        "2021-06-01", "USD", google_ads=[f"{GOOGLE}/{table}_data.csv" for table in tables]
    )

    assert mart.outcome.status == "released", mart.outcome.reasons
    assert not mart.outcome.landed.quarantined
    with_campaigns = days_of("campaign_stats")
    assert spent_on(mart, with_campaigns) == exactly("231.33")


def days_of(table: str) -> set[str]:
    """The days of which a table has rows."""
    with (EXPORTS / GOOGLE / f"{table}_data.csv").open(encoding="utf-8") as file:
        return {row["date"] for row in csv.DictReader(file)}


def spent_on(mart: Mart, days: set[str]) -> Decimal:
    """The mart's ad spend of some days together."""
    values = [mart.kpi("ad_spend", "day", day) for day in sorted(days)]
    return sum(values, Decimal(0))


def test_an_account_without_a_currency_holds_the_release(run_exports: RunExports) -> None:
    held = run_exports(
        "2021-01-01",
        "USD",
        meta_ads=["fivetran/facebook_ads/facebook_ads_basic_ad_data.csv"],
    )

    assert held.outcome.status == "held"
    assert any("rate" in reason for reason in held.outcome.reasons), held.outcome.reasons
