"""The fixtures of all ad platforms, run together: what staging makes of them, added up on paper."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.settings import Settings
from tests.integration.vendor_exports.ads_exports import FIXTURES, STREAMS

pytestmark = pytest.mark.slow

# By landed table: how many rows, what they cost, and how many of them are of one day.
ON_PAPER = {
    "google_ads__account_performance": (2, "1900.30", 2),
    "google_ads__campaign_performance": (4, "874.43", 4),
    "google_ads__ad_group_performance": (2, "23.00", 0),
    "google_ads__ad_performance": (1, "23.00", 0),
    "google_ads__keyword_performance": (3, "76.99", 0),
    "google_ads__placement_performance": (1, "4.10", 0),
    "google_ads__search_term_performance": (3, "1283.75", 0),
    "meta_ads__campaign_insights": (2, "1890.50", 0),
    "meta_ads__ad_set_insights": (2, "1890.50", 2),
    "meta_ads__ad_insights": (2, "15.00", 2),
    "microsoft_ads__campaign_performance": (2, "13.00", 2),
    "microsoft_ads__ad_group_performance": (1, "12.50", 1),
    "microsoft_ads__ad_performance": (1, "12.50", 1),
    "microsoft_ads__keyword_performance": (1, "1318.26", 0),
    "microsoft_ads__search_query_performance": (1, "318.26", 0),
    "tiktok_ads__campaign_performance": (1, "1212.50", 0),
    "tiktok_ads__ad_group_performance": (2, "1215.00", 2),
    "amazon_ads__sponsored_products_campaign": (1, "1012.34", 0),
    "amazon_ads__sponsored_products_placement": (2, "1.50", 2),
    "amazon_ads__sponsored_products_targeting": (1, "1.50", 1),
    "amazon_ads__sponsored_products_search_term": (1, "6.00", 1),
    "amazon_ads__sponsored_brands_campaign": (1, "20.00", 1),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, flow.Outcome]:
    home = tmp_path_factory.mktemp("ads")
    settings = Settings.from_environment(home=home, as_of="2026-12-01", settle_seconds=0)
    for source in ("google_ads", "meta_ads", "microsoft_ads", "tiktok_ads", "amazon_ads"):
        # Some reports name their account, and the others are of the same one.
        folder = settings.inbox / source / ("" if source == "amazon_ads" else "482-119-7305")
        folder.mkdir(parents=True)
        for file in (FIXTURES / source).iterdir():
            if "Advertised" not in file.name:  # It is in rupees, and there are no rates here.
                shutil.copyfile(file, folder / file.name)
    return settings, flow.run(settings)


def asked(run: tuple[Settings, flow.Outcome], sql: str) -> list[tuple[Any, ...]]:
    settings, outcome = run
    candidate = settings.warehouse / outcome.run_id / "candidate.duckdb"
    with duckdb.connect(str(candidate), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_fixture_lands_and_is_released(run: tuple[Settings, flow.Outcome]) -> None:
    outcome = run[1]

    assert not outcome.landed.quarantined
    assert outcome.status == "released", outcome.reasons


def test_the_family_has_every_row_and_cent_of_every_report(
    run: tuple[Settings, flow.Outcome],
) -> None:
    found = asked(
        run,
        """select stream, count(*), sum(spend_amount), count(performance_date)
        from intermediate.int_ads__performance_unioned group by stream""",
    )

    assert {stream: (rows, spend, days) for stream, rows, spend, days in found} == {
        stream: (rows, Decimal(spend), days) for stream, (rows, spend, days) in ON_PAPER.items()
    }


def test_the_tests_of_every_staging_model_were_asked_and_none_failed(
    run: tuple[Settings, flow.Outcome],
) -> None:
    verdict = run[1].verdict
    assert verdict is not None
    for table in ON_PAPER:
        answers = [result for result in verdict.results if f"stg_{table}" in result.id]
        assert len(answers) >= 2, table
        assert {answer.verdict for answer in answers} == {"pass"}, answers


def test_a_name_stands_for_an_id_that_the_report_leaves_out(
    run: tuple[Settings, flow.Outcome],
) -> None:
    ids = asked(
        run,
        """select distinct stream, campaign_id from intermediate.int_ads__performance_unioned
        where stream in ('google_ads__keyword_performance', 'microsoft_ads__campaign_performance')
        order by 1""",
    )

    assert ids == [
        ("google_ads__keyword_performance", "Hoses"),
        ("microsoft_ads__campaign_performance", "371"),
    ]


def test_other_money_of_amazon_has_an_account_of_its_own(
    run: tuple[Settings, flow.Outcome],
) -> None:
    """Else the report of one product would be taken for a view of the other's money."""
    accounts = asked(
        run,
        """select distinct account_id from intermediate.int_ads__performance_unioned
        where platform = 'amazon_ads' and report_grain = 'campaign' order by 1""",
    )

    assert accounts == [("only_account",), ("only_account Sponsored Brands",)]


def test_every_ranked_stream_is_in_the_family() -> None:
    ranked = {table for table, stream in STREAMS.items() if stream.spend_rank is not None}
    family = (
        FIXTURES.parents[2] / "dbt_project/models/intermediate/ads/int_ads__performance_unioned.sql"
    ).read_text(encoding="utf-8")

    assert {table for table in ranked if f"'stg_{table}'" not in family} == set()
