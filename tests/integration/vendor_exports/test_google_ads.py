"""Google Ads' reports as the interface writes them: levels, dialects, preambles, totals."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from pipelines.settings import Settings
from tests.integration.vendor_exports.ads_exports import (
    LATER,
    fixture,
    house_of,
    refused,
    seen,
    totals,
    whole,
)  # fmt: skip
from tests.landed_exports import House, workbook_of

CAMPAIGNS = "google_ads/Campaign report.csv"
JULY = [
    (date(2025, 7, 1), "Brand", Decimal("626.08"), 25_881, 1_204, Decimal("1012.33")),
    (date(2025, 7, 2), "Brand", Decimal("158.10"), 9_120, 310, Decimal("12.50")),
    (date(2025, 7, 1), "Everything", Decimal("90.25"), 12_400, 95, Decimal("4.00")),
    (date(2025, 7, 3), "Old", Decimal("0.00"), None, None, Decimal("0.00")),
]
FIGURES = (
    "performance_date", "campaign_name", "cost_amount", "impressions", "clicks", "conversions",
)  # fmt: skip


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_the_default_campaign_report_lands_without_any_id(house: House) -> None:
    landing = whole(house, CAMPAIGNS)

    assert landing.table == "google_ads__campaign_performance"
    assert seen(house, landing, *FIGURES) == JULY
    assert landing.rows_skipped == {"preamble": 2, "header": 1, "total": 2}
    assert {row[0] for row in seen(house, landing, "account_id")} == {"only_account"}


def test_the_total_of_the_campaigns_is_their_sum_and_that_of_the_account_is_more(
    house: House,
) -> None:
    """626.08 + 158.10 + 90.25 = 874.43; the account also spent 25.57 on what is not listed."""
    found = totals(whole(house, CAMPAIGNS))

    assert ("cost_amount", "874.43", "equal") in found
    assert ("impressions", "47401", "equal") in found
    assert ("clicks", "1609", "equal") in found
    assert ("cost_amount", "9E+2", "hidden_rows") in found


def test_a_campaign_report_that_lost_a_row_is_refused(house: House) -> None:
    text = fixture(CAMPAIGNS).decode()
    shorter = "\n".join(line for line in text.splitlines() if "158.10" not in line) + "\n"

    lost = refused(house, CAMPAIGNS, shorter)

    assert lost.code == "CONTROL_TOTAL"
    assert "158.1" in lost.reason


def excel(text: str, encoding: str) -> bytes:
    """The same report as "CSV for Excel": tabs, no quotes, UTF-16."""
    rows = list(csv.reader(io.StringIO(text)))
    return "\n".join("\t".join(row) for row in rows).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"], ids=["with mark", "without mark"])
def test_csv_for_excel_lands_to_the_same_rows(house: House, encoding: str) -> None:
    landing = whole(house, CAMPAIGNS, excel(fixture(CAMPAIGNS).decode(), encoding))

    assert landing.shape == "csv_for_excel"
    assert seen(house, landing, *FIGURES) == JULY


def test_a_workbook_lands_to_the_same_rows(house: House) -> None:
    rows = list(csv.reader(io.StringIO(fixture(CAMPAIGNS).decode())))
    landing = whole(house, "google_ads/Campaign report.xlsx", workbook_of(rows))

    assert seen(house, landing, *FIGURES) == JULY


GERMAN = (
    "Kampagnenbericht\n1. Juli 2025 - 3. Juli 2025\n"
    "Tag,Kampagne,Währungscode,Kosten,Impr.,Klicks,Conversions\n"
    '2025-07-01,Brand,EUR,"626,08","25.881","1.204","1.012,33"\n'
    '2025-07-02,Brand,EUR,"158,10","9.120",310,"12,50"\n'
    '2025-07-01,Everything,EUR,"90,25","12.400",95,"4,00"\n'
    '2025-07-03,Old,EUR,"0,00", --, --,"0,00"\n'
    'Gesamt: Kampagnen, --,EUR,"874,43","47.401","1.609"," --"\n'
)
FRENCH = (
    "Rapport sur les campagnes\n1 juillet 2025 - 3 juillet 2025\n"
    "Jour;Campagne;Code de devise;Coût;Impr.;Clics;Conversions\n"
    "2025-07-01;Brand;EUR;626,08;25\u202f881;1\u202f204;1\u00a0012,33\n"
    "2025-07-02;Brand;EUR;158,10;9\u202f120;310;12,50\n"
    "2025-07-01;Everything;EUR;90,25;12\u202f400;95;4,00\n"
    "2025-07-03;Old;EUR;0,00; --; --;0,00\n"
)


@pytest.mark.parametrize(
    ("text", "shape"),
    [(GERMAN, "csv_comma"), (FRENCH, "semicolon_blank")],
    ids=["German", "French"],
)
def test_another_language_and_form_of_numbers_lands_to_the_same_rows(
    house: House, text: str, shape: str
) -> None:
    landing = whole(house, CAMPAIGNS, text)

    assert landing.shape == shape
    assert seen(house, landing, *FIGURES) == JULY


def test_one_wrong_decimal_mark_does_not_turn_the_file_around(house: House) -> None:
    """The row is broken; the others are read as before."""
    text = fixture(CAMPAIGNS).decode().replace("626.08", '"626,08"')
    landing = house.land(CAMPAIGNS, text.split("Total:")[0], LATER)

    assert landing.shape == "csv"
    assert landing.rows_quarantined == 1


@pytest.mark.parametrize(
    ("preamble", "first", "last"),
    [
        ('Campaign report\n"July 8, 2025 - July 31, 2025"\n', (2025, 7, 8), (2025, 7, 31)),
        ("Campaign report\nJuly 8, 2025 - July 31, 2025\n", (2025, 7, 8), (2025, 7, 31)),
        ("Campaign report\n10 February 2026 - 23 February 2026\n", (2026, 2, 10), (2026, 2, 23)),
        ('"Campaign report (Oct 25, 2016-Oct 31, 2016)"\n', (2016, 10, 25), (2016, 10, 31)),
        ('Campaign report\n"July 8, 2025"\n', (2025, 7, 8), (2025, 7, 8)),
        ("Kampagnen\n8. Juli 2025 - 31. Juli 2025\n", (2025, 7, 8), (2025, 7, 31)),
        ("Informe\n8 de julio de 2025 - 31 de julio de 2025\n", (2025, 7, 8), (2025, 7, 31)),
        ("Rapport\n8 juillet 2025 - 31 juillet 2025\n", (2025, 7, 8), (2025, 7, 31)),
        ("Báo cáo\n8 thg 7, 2025 - 31 thg 7, 2025\n", (2025, 7, 8), (2025, 7, 31)),
        ("レポート\n2025年7月8日 - 2025年7月31日\n", (2025, 7, 8), (2025, 7, 31)),
    ],
)
def test_without_a_day_a_row_is_of_the_stated_period(
    house: House, preamble: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    landing = whole(house, CAMPAIGNS, preamble + "Campaign,Currency code,Cost\nBrand,EUR,1.00\n")

    assert seen(house, landing, "performance_date", "period_start", "period_end") == [
        (None, date(*first), date(*last))
    ]


def test_a_report_that_states_no_period_is_refused(house: House) -> None:
    said = refused(
        house, CAMPAIGNS, "Campaign report\nAll time\nCampaign,Currency code,Cost\nBrand,EUR,1.00\n"
    )

    assert "period" in said.reason


def test_the_keyword_report_has_its_total_in_the_third_cell(house: House) -> None:
    landing = whole(house, "google_ads/Search keyword report.csv")

    assert landing.table == "google_ads__keyword_performance"
    assert landing.rows_skipped["total"] == 2
    assert seen(house, landing, "keyword_text", "match_type", "cost_amount") == [
        ("[garden hose]", "Exact match", Decimal("68.90")),
        ('"hose reel"', "Phrase match", Decimal("8.09")),
        ("watering", "Broad match", Decimal("0.00")),
    ]


def test_search_terms_that_are_hidden_are_told_and_never_added(house: House) -> None:
    landing = whole(house, "google_ads/Search terms report.csv")

    assert landing.table == "google_ads__search_term_performance"
    assert [cost for (cost,) in seen(house, landing, "cost_amount")] == [
        Decimal("1280.00"), Decimal("3.75"), Decimal("0.00"),
    ]  # fmt: skip
    assert ("cost_amount", "1283.75", "equal") in totals(landing)
    assert ("cost_amount", "1121.69", "hidden_rows") in totals(landing)


@pytest.mark.parametrize(
    ("name", "table", "first", "last", "cost"),
    [
        ("Account report", "account_performance", (2025, 9, 1), (2025, 9, 1), "1000.10"),
        ("Ad group report", "ad_group_performance", (2025, 8, 4), (2025, 8, 10), "11.00"),
        ("Ad report", "ad_performance", (2025, 8, 1), (2025, 8, 31), "23.00"),
        ("Placement report", "placement_performance", (2025, 9, 1), (2025, 9, 2), "4.10"),
    ],
)
def test_every_report_is_taken_for_its_own_level_and_period(
    house: House,
    name: str,
    table: str,
    first: tuple[int, int, int],
    last: tuple[int, int, int],
    cost: str,
) -> None:
    """By day, by week, by month, and by the range alone."""
    landing = whole(house, f"google_ads/{name}.csv")

    assert landing.table == f"google_ads__{table}"
    assert seen(house, landing, "period_start", "period_end", "cost_amount")[0] == (
        date(*first), date(*last), Decimal(cost),
    )  # fmt: skip


def test_the_folder_says_the_account_that_the_report_leaves_out(house: House) -> None:
    landing = whole(house, "google_ads/482-119-7305/report.csv", fixture(CAMPAIGNS))

    assert {row[0] for row in seen(house, landing, "account_id")} == {"4821197305"}


def test_columns_of_the_api_are_in_millionths(house: House) -> None:
    landing = whole(
        house,
        "google_ads/report.csv",
        "segments.date,campaign.id,campaign.name,customer.currency_code,cost_micros\n"
        "2025-07-08,77,Brand,EUR,1234500001\n",
    )

    assert seen(house, landing, "cost_amount") == [(Decimal("1234.500001"),)]
