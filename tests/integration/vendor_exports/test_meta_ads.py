"""Ads Manager's exports by level and language; the summary row; actions by type."""

from __future__ import annotations

import csv
import io
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

CAMPAIGNS = "meta_ads/Campaigns.csv"
AUGUST = [
    (date(2026, 8, 1), date(2026, 8, 31), "Spring leads", "EUR", Decimal("1250.5"), 48_000, 960),
    (date(2026, 8, 1), date(2026, 8, 31), "Spring sales", "EUR", Decimal("640"), 30_500, 310),
]
FIGURES = (
    "period_start", "period_end", "campaign_name", "currency_code", "spend_amount", "impressions",
    "clicks",
)  # fmt: skip


@pytest.fixture
def house(settings: Settings) -> House:
    return house_of(settings)


def test_the_default_campaign_export_lands_with_its_period_and_currency(house: House) -> None:
    landing = whole(house, CAMPAIGNS)

    assert landing.table == "meta_ads__campaign_insights"
    assert seen(house, landing, *FIGURES) == AUGUST


def test_the_summary_row_without_a_name_is_the_sum_and_no_campaign(house: House) -> None:
    """1,250.50 + 640.00; the people reached are no sum, and are not compared."""
    landing = whole(house, CAMPAIGNS)

    assert landing.rows_skipped == {"header": 1, "summary": 1}
    assert totals(landing) == {
        ("spend_amount", "1890.5", "equal"),
        ("impressions", "7.85E+4", "equal"),
        ("clicks", "1.27E+3", "equal"),
    }


def test_an_export_whose_summary_is_of_more_than_its_rows_is_refused(house: House) -> None:
    lines = fixture(CAMPAIGNS).decode().splitlines()

    lost = refused(house, CAMPAIGNS, "\n".join(lines[:-1]) + "\n")

    assert lost.code == "CONTROL_TOTAL"


def test_a_workbook_lands_to_the_same_rows(house: House) -> None:
    rows = list(csv.reader(io.StringIO(fixture(CAMPAIGNS).decode())))

    assert seen(house, whole(house, "meta_ads/Campaigns.xlsx", workbook_of(rows)), *FIGURES) == (
        AUGUST
    )


LANGUAGES = {
    "German": "Beginn des Berichts,Ende des Berichts,Kampagnenname,Ausgegebener Betrag (EUR),"
    "Impressionen,Link-Klicks",
    "French": "Début des rapports,Fin des rapports,Nom de la campagne,Montant dépensé (EUR),"
    "Impressions,Clics sur un lien",
    "Spanish": "Inicio del informe,Fin del informe,Nombre de la campaña,Importe gastado (EUR),"
    "Impresiones,Clics en el enlace",
    "Italian": "Inizio del report,Fine del report,Nome della campagna,Importo speso (EUR),"
    "Impressioni,Clic sul link",
    "Portuguese": "Início dos relatórios,Término dos relatórios,Nome da campanha,Valor gasto (EUR),"
    "Impressões,Cliques no link",
    "older": "Reporting Starts,Reporting Ends,Campaign Name,Amount Spent (EUR),Impressions,"
    "Link Clicks",
}


@pytest.mark.parametrize("header", LANGUAGES.values(), ids=list(LANGUAGES))
def test_the_same_rows_under_headers_of_another_language_are_the_same(
    house: House, header: str
) -> None:
    landing = whole(
        house,
        CAMPAIGNS,
        f"{header}\n2026-08-01,2026-08-31,Spring leads,1250.5,48000,960\n"
        "2026-08-01,2026-08-31,Spring sales,640,30500,310\n",
    )

    assert seen(house, landing, *FIGURES) == AUGUST


def test_ad_sets_by_day_with_a_decimal_comma(house: House) -> None:
    landing = whole(house, "meta_ads/Ad sets.csv")

    assert landing.table == "meta_ads__ad_set_insights"
    assert seen(house, landing, "performance_date", "ad_set_name", "spend_amount", "clicks") == [
        (date(2026, 9, 1), "Süd", Decimal("1250.50"), 960),
        (date(2026, 9, 2), "Süd", Decimal("640.00"), 310),
    ]


def test_ads_say_their_currency_in_a_column_and_their_day_before_the_reports_span(
    house: House,
) -> None:
    landing = whole(house, "meta_ads/Ads.csv")

    assert landing.table == "meta_ads__ad_insights"
    assert seen(house, landing, "period_start", "period_end", "ad_id", "currency_code") == [
        (date(2026, 10, 1), date(2026, 10, 1), "56", "EUR"),
        (date(2026, 10, 2), date(2026, 10, 2), "57", "EUR"),
    ]


def test_an_export_that_says_no_currency_is_refused(house: House) -> None:
    said = refused(house, CAMPAIGNS, "Day,Campaign name,Amount spent\n2026-08-01,Spring,12.00\n")

    assert said.column == "currency_code"


def test_the_same_leads_stand_under_two_types_of_action(house: House) -> None:
    """Two types, one deed: both land, and neither is added to the other."""
    landing = whole(
        house,
        "meta_ads/basic_ad_actions.csv",
        "_fivetran_id,ad_id,date,index,_1_d_view,_7_d_click,action_type,inline,value\n"
        "x,6229,2025-12-10,0,,2.0,offsite_conversion.fb_pixel_lead,,2.0\n"
        "x,6229,2025-12-10,1,,2.0,lead,,2.0\n",
    )

    assert seen(house, landing, "action_type", "actions") == [
        ("offsite_conversion.fb_pixel_lead", Decimal(2)),
        ("lead", Decimal(2)),
    ]
