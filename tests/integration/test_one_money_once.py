"""Reports of one account at several levels and of several days: its money counts once.

Every figure here is added up by hand from the exports below. Google account 1 has days by campaign,
by ad and by search term; account 2 a month, and a week of its days; account 3 a week across two
months. Meta account 8 exports "the last seven days" now and then, account 9 two that overlap.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.prove.explain import explain
from pipelines.settings import Settings

pytestmark = pytest.mark.slow

CAMPAIGNS = "Day,Customer ID,Campaign ID,Campaign,Currency code,Cost,Impr.,Clicks"
WITHOUT_DAY = "Customer ID,Campaign ID,Campaign,Currency code,Cost,Impr.,Clicks"
ADS = (
    "Day,Customer ID,Campaign ID,Campaign,Ad group ID,Ad group,Ad ID,Ad,Currency code,Cost,Impr.,"
    "Clicks"
)
TERMS = (
    "Day,Customer ID,Campaign ID,Campaign,Ad group ID,Ad group,Search term,Match type,"
    "Currency code,Cost,Impr.,Clicks"
)
META = (
    "Reporting starts,Reporting ends,Account ID,Campaign ID,Campaign name,Amount spent (EUR),"
    "Impressions,Link clicks"
)
EXPORTS: dict[str, tuple[str, list[str]]] = {
    "google_ads/campaigns.csv": (
        "2026-06-04",
        [
            CAMPAIGNS,
            "2026-06-01,111-111-1111,1,Shoes,EUR,10.00,100,10",
            "2026-06-01,111-111-1111,2,Hats,EUR,5.50,50,5",
            "2026-06-02,111-111-1111,1,Shoes,EUR,12.00,120,12",
            "2026-06-03,111-111-1111,2,Hats,EUR,4.00,40,4",
        ],
    ),
    "google_ads/ads.csv": (
        "2026-06-05",
        [
            ADS,
            "2026-06-01,111-111-1111,1,Shoes,11,Red shoes,901,Ad one,EUR,6.00,60,6",
            "2026-06-01,111-111-1111,1,Shoes,11,Red shoes,902,Ad two,EUR,3.50,30,3",
            "2026-06-02,111-111-1111,1,Shoes,11,Red shoes,901,Ad one,EUR,12.00,120,12",
        ],
    ),
    "google_ads/terms.csv": (
        "2026-06-06",
        [TERMS, "2026-06-01,111-111-1111,1,Shoes,11,Red shoes,red shoe,Broad,EUR,2.25,20,2"],
    ),
    "google_ads/may.csv": (
        "2026-06-01",
        [
            "Campaign report",
            '"May 1, 2026 - May 31, 2026"',
            WITHOUT_DAY,
            "222-222-2222,3,Coats,EUR,310.00,3100,31",
        ],
    ),
    "google_ads/first_week_of_may.csv": (
        "2026-06-02",
        [CAMPAIGNS, *(f"2026-05-0{n},222-222-2222,3,Coats,EUR,10.00,100,1" for n in range(1, 8))],
    ),
    "google_ads/week.csv": (
        "2026-05-05",
        [
            "Campaign report",
            '"April 27, 2026 - May 3, 2026"',
            WITHOUT_DAY,
            "333-333-3333,4,Gloves,EUR,70.00,700,7",
        ],
    ),
    **{
        f"meta_ads/{account}_{first}_{last}.csv": (
            f"2026-06-{last + 1:02}",
            [META, f"2026-06-{first:02},2026-06-{last:02},{account},5,Boots,{amount},10,1"],
        )
        for account, first, last, amount in (
            (8, 1, 7, "7.00"),
            (8, 4, 10, "100.00"),
            (8, 8, 14, "14.00"),
            (9, 1, 7, "6.00"),
            (9, 5, 18, "20.00"),
        )
    },
}


@dataclass(frozen=True)
class Company:
    """The company's home and how its one run ended."""

    settings: Settings
    outcome: flow.Outcome

    @property
    def mart(self) -> Path:
        return self.settings.current / "mart.duckdb"

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.mart), read_only=True) as mart:
            return mart.execute(sql, list(values)).fetchall()

    def spend(self, grain: str, start: str, platform: str = "google_ads") -> Decimal | None:
        rows = self.query(
            """select value from kpi_mart.kpi_values where kpi = 'ad_spend' and grain = ?
            and period_start = cast(? as date) and slice = 'platform' and slice_value = ?""",
            *(grain, start, platform),
        )
        return rows[0][0] if rows else None


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    home = tmp_path_factory.mktemp("one_money")
    settings = Settings.from_environment(
        home=home, inbox=home / "inbox", as_of=date(2026, 7, 1), settle_seconds=0
    )
    for name, (exported, lines) in EXPORTS.items():
        file = settings.inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        moment = datetime.fromisoformat(exported).replace(tzinfo=UTC).timestamp()
        os.utime(file, (moment, moment))
    yield Company(settings, flow.run(settings))


def test_all_of_it_is_taken_in_and_released(company: Company) -> None:
    assert [n.status for n in company.outcome.landed.landings] == ["accepted"] * len(EXPORTS)
    assert company.outcome.status == "released", company.outcome.reasons


def test_f099_campaigns_ads_and_search_terms_of_one_account_are_spent_once(
    company: Company,
) -> None:
    assert company.spend("day", "2026-06-01") == Decimal("15.50")
    assert company.spend("month", "2026-06-01") == Decimal("31.50")


def test_every_level_and_what_is_unallocated_there_make_the_accounts_spend(
    company: Company,
) -> None:
    rows = company.query(
        """select report_grain, cast(period_start as varchar), sum(spend_amount),
            sum(case when is_unallocated then spend_amount end),
            sum(case when is_unallocated then clicks end)
        from kpi_mart.fct_ad_breakdown where account_id = '1111111111'
        group by all order by all"""
    )
    first, second, third = Decimal("15.50"), Decimal(12), Decimal(4)
    assert rows == [
        ("ad", "2026-06-01", first, Decimal(6), 6),  # 15.50 - 6.00 - 3.50; 15 - 6 - 3 clicks
        ("ad", "2026-06-02", second, Decimal(0), 0),
        ("ad", "2026-06-03", third, third, 4),
        ("campaign", "2026-06-01", first, None, None),
        ("campaign", "2026-06-02", second, None, None),
        ("campaign", "2026-06-03", third, None, None),
        ("search_term", "2026-06-01", first, Decimal("13.25"), 13),
        ("search_term", "2026-06-02", second, second, 12),
        ("search_term", "2026-06-03", third, third, 4),
    ]


def test_f099_a_months_report_counts_whole_although_some_of_its_days_are_known(
    company: Company,
) -> None:
    """310 for May, not 310 and 70 more, nor 70 alone; and no day or week has a part of it."""
    assert company.spend("month", "2026-05-01") == Decimal(310)
    assert company.spend("day", "2026-05-01") is None
    assert company.spend("week", "2026-05-04") is None


def test_f099_a_week_across_two_months_counts_in_the_week_and_the_quarter(company: Company) -> None:
    assert company.spend("week", "2026-04-27") == Decimal(70)
    assert company.spend("month", "2026-04-01") is None
    assert company.spend("quarter", "2026-04-01") == Decimal("411.50")  # 31.50 + 310 + 70
    assert company.spend("year", "2026-01-01") == Decimal("411.50")


def test_a_month_of_which_a_part_is_only_known_of_a_week_is_not_complete(company: Company) -> None:
    complete = company.query(
        """select is_complete from kpi_mart.kpi_values where kpi = 'ad_spend' and grain = 'month'
        and period_start = date '2026-05-01' and slice = 'total'"""
    )
    assert complete == [(False,)]


def test_f099_exports_of_the_last_days_count_each_day_once(company: Company) -> None:
    """7 of 1 to 7 and 14 of 8 to 14 for account 8, 20 of 5 to 18 for account 9."""
    assert company.spend("month", "2026-06-01", "meta_ads") == Decimal(41)
    assert company.spend("week", "2026-06-01", "meta_ads") == Decimal(7)


def test_what_is_left_out_is_said_with_its_amount(company: Company) -> None:
    """The days 1 to 4 of account 9: its longer export begins on the fifth."""
    ((verdict, samples),) = company.query(
        """select verdict, sample from kpi_mart.checks
        where check_id like 'dbt:%assert_no_spend_is_left_out%'"""
    )
    assert verdict == "warn"
    assert "6.0" in samples and "2026-06-01" in samples, samples
    assert "100.0" not in samples


def test_a_row_of_several_days_explains_its_figure_to_the_last_digit(company: Company) -> None:
    said = (company.settings.current / "definitions.json").read_text(encoding="utf-8")
    told = explain(company.mart, json.loads(said), "ad_spend", "2026-05", rows=True)
    (component,) = told.components
    assert (told.value, told.residual, component.residual) == (Decimal(310), 0, 0)
    assert [(row.file, row.row_number, row.contribution) for row in component.rows] == [
        ("google_ads/may.csv", 4, Decimal(310))
    ]


def test_a_report_that_names_no_account_beside_one_that_does_is_found(
    company: Company, tmp_path: Path
) -> None:
    """The first of June with another 15.50, of nobody knows which account: perhaps the same."""
    (compiled,) = company.settings.home.rglob("compiled/**/assert_accounts_are_told_apart.sql")
    (candidate,) = company.settings.warehouse.rglob("candidate.duckdb")
    question, copy = compiled.read_text(), tmp_path / candidate.name
    shutil.copy(candidate, copy)
    with duckdb.connect(str(copy)) as warehouse:
        assert warehouse.execute(question).fetchall() == []
        warehouse.execute(
            """insert into kpi_mart.fct_ad_performance
            select * replace ('only_account' as account_id, 'x' || ad_performance_id as
            ad_performance_id) from kpi_mart.fct_ad_performance
            where account_id = '1111111111' and period_start = date '2026-06-01'"""
        )
        found = warehouse.execute(question).fetchall()
    day = date(2026, 6, 1)
    assert found == [
        ("google_ads", "google_ads__campaign_performance", day, day, Decimal("15.50"), "1111111111")
    ]
