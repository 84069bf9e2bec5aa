"""The forms in which vendors write one stream, each landed by the contract that ships."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from landed_exports import House
from real_project import REPOSITORY

from models.contract import load_contracts
from pipelines.land import Landing
from pipelines.land.load_rules import create_landed_views
from pipelines.settings import Settings

STREAMS = load_contracts(REPOSITORY / "models" / "contracts")


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def landed(house: House, name: str, content: bytes | str) -> Landing:
    """Land an export of which no row is lost."""
    landing = house.put(name, content)
    assert isinstance(landing, Landing), landing
    assert landing.status == "accepted", landing.reason
    assert landing.rows_quarantined == 0
    return landing


def seen(house: House, table: str, columns: str) -> list[tuple[Any, ...]]:
    """What the stream's view shows of all landings, in order."""
    with duckdb.connect() as connection:
        create_landed_views(connection, house.streams, house.landings, house.settings.landed)
        return connection.execute(f"SELECT {columns} FROM landed.{table} ORDER BY ALL").fetchall()


GOOGLE_ROWS = [
    ["Day", "Customer ID", "Campaign ID", "Campaign", "Currency code", "Cost", "Impr.", "Clicks"],
    ["2025-07-08", "482-119-7305", "77", "Brand", "EUR", "1,234.50", "25,881", "310"],
    ["2025-07-09", "482-119-7305", "77", "Brand", "EUR", " --", "0", "0"],
    ["Total: Account", " --", " --", " --", " --", "1,234.50", "25,881", "310"],
]


def google_for_excel() -> bytes:
    """UTF-16 LE with a byte-order mark, separated by tabs, a title and a range above."""
    table = "\n".join("\t".join(row) for row in GOOGLE_ROWS)
    return f"Campaign report\nJuly 8, 2025 - July 31, 2025\n{table}\n".encode("utf-16")


def google_as_csv() -> str:
    """UTF-8, separated by commas, the range in the title."""
    table = "\n".join(",".join(f'"{cell}"' for cell in row) for row in GOOGLE_ROWS)
    return f'"Campaign report (Jul 8, 2025-Jul 31, 2025)"\n{table}\n'


@pytest.mark.parametrize("export", [google_for_excel(), google_as_csv()], ids=["excel", "csv"])
def test_a_google_report_lands_alike_in_both_forms(house: House, export: bytes | str) -> None:
    landing = landed(house, "google_ads/Campaign report.csv", export)

    assert landing.rows_skipped["total"] == 1
    assert (landing.covered_from, landing.covered_to) == (date(2025, 7, 8), date(2025, 7, 31))
    assert seen(
        house, "google_ads__campaign_performance", "performance_date, cost_amount, impressions"
    ) == [
        (date(2025, 7, 8), Decimal("1234.50"), 25_881),
        (date(2025, 7, 9), None, 0),
    ]


def test_an_api_report_of_google_is_the_same_stream(house: House) -> None:
    landed(
        house,
        "google_ads/report.csv",
        "segments.date,customer.id,campaign.id,campaign.name,customer.currency_code,"
        "metrics.cost_micros,metrics.impressions,metrics.clicks\n"
        "2025-07-08,4821197305,77,Brand,EUR,1234500001,25881,310\n",
    )

    [(cost,)] = seen(house, "google_ads__campaign_performance", "cost_amount")
    assert cost == Decimal("1234.500001")


def test_meta_says_its_currency_in_a_header(house: House) -> None:
    landed(
        house,
        "meta_ads/Campaigns.csv",
        "Campaign name,Campaign ID,Account ID,Day,Amount spent (GBP),Impressions,Link clicks,"
        "Results,Purchases,Reporting starts,Reporting ends\n"
        "Spring,12,99,2025-07-08,12.34,1000,17,3,2,2025-07-08,2025-07-08\n",
    )

    assert seen(
        house, "meta_ads__campaign_insights", "currency_code, spend_amount, conversions"
    ) == [("GBP", Decimal("12.34"), Decimal(3))]


def test_a_meta_report_that_is_not_by_day_is_of_its_whole_period(house: House) -> None:
    """Its first day does not get what was spent in a month."""
    landed(
        house,
        "meta_ads/Campaigns.csv",
        "Campaign name,Campaign ID,Account ID,Amount spent (GBP),Impressions,Link clicks,"
        "Reporting starts,Reporting ends\n"
        "Spring,12,99,12.34,1000,17,2025-07-01,2025-07-31\n",
    )

    assert seen(
        house, "meta_ads__campaign_insights", "performance_date, period_start, period_end"
    ) == [(None, date(2025, 7, 1), date(2025, 7, 31))]


@pytest.mark.parametrize(
    "export",
    [
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID\n"
        "py_1,2025-07-08 09:12:30,1234.50,0.00,usd,Paid,cus_1\n",
        "id;Created date (UTC);Amount;Amount Refunded;Currency;Status;Customer ID\n"
        "py_1;2025-07-08 09:12:30;1234,50;0,00;usd;Paid;cus_1\n",
    ],
    ids=["point", "comma"],
)
def test_stripe_writes_amounts_by_locale(house: House, export: str) -> None:
    landed(house, "stripe/unified_payments.csv", export)

    assert seen(house, "stripe__payments", "CAST(created_at AS VARCHAR), amount") == [
        ("2025-07-08 09:12:30", Decimal("1234.50"))
    ]


def test_a_later_daily_file_of_the_bank_adds_to_the_history(house: House) -> None:
    """The daily file has the day in words, a blank before each cell, a comma after the last."""
    landed(
        house,
        "ecb/eurofxref-hist.csv",
        "Date,USD,JPY,BGN,GBP,\n2026-04-13,1.1684,186.75,N/A,0.87058,\n",
    )
    landed(
        house,
        "ecb/eurofxref.csv",
        "Date, USD, JPY, GBP, \n14 April 2026, 1.1700, 187.01, 0.87100, \n",
    )

    assert seen(house, "ecb__reference_rates", "rate_date, usd, bgn, gbp") == [
        (date(2026, 4, 13), Decimal("1.1684"), None, Decimal("0.87058")),
        (date(2026, 4, 14), Decimal("1.17"), None, Decimal("0.871")),
    ]


def test_a_target_may_leave_out_what_has_a_meaning_when_empty(house: House) -> None:
    landed(
        house,
        "targets/kpi_targets 2026-01-01.csv",
        "kpi,grain,period_start,slice,slice_value,target_value,level,valid_from,version\n"
        "revenue,month,2026-01-01,,,1000,,,\n"
        "revenue,month,2026-01-01,region,DACH,400,,,\n"
        "revenue,month,2026-01-01,,,1100,,,2\n",
    )

    assert len(seen(house, "targets__kpi_targets", "kpi")) == 3
