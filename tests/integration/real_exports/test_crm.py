"""Salesforce's and HubSpot's replicated tables: deleted records are in the file, in no figure."""

from __future__ import annotations

import pytest
from real_project import Mart, RunExports, exactly

pytestmark = pytest.mark.slow

SALESFORCE = "fivetran/salesforce"


@pytest.fixture(scope="module")
def crm(run_exports: RunExports) -> Mart:
    return run_exports(
        "2022-01-01",
        "USD",
        salesforce=[
            f"{SALESFORCE}/sf_account_data.csv",
            f"{SALESFORCE}/sf_lead_data.csv",
            f"{SALESFORCE}/sf_opportunity_data.csv",
            # Every version of each deal: taken for the deals themselves, it would count them often.
            f"{SALESFORCE}/sf_opportunity_history_data.csv",
        ],
        hubspot=["fivetran/hubspot/ticket_data.csv"],
    )


def test_the_crm_is_released(crm: Mart) -> None:
    assert crm.outcome.status == "released", crm.outcome.reasons


def test_every_record_landed_and_histories_were_refused(crm: Mart) -> None:
    landed = {landing.table: landing.rows_landed for landing in crm.outcome.landed.landings}
    refused = [file.file for file in crm.outcome.landed.quarantined]

    assert landed == {
        "salesforce__account": 10,
        "salesforce__lead": 1,
        "salesforce__opportunity": 10,
        "hubspot__tickets": 25,
    }
    assert refused == ["salesforce/sf_opportunity_history_data.csv"]


def test_deals_that_were_deleted_are_in_no_figure(crm: Mart) -> None:
    """Ten deals, five of them won with 24,120,000 in all, and every one deleted."""
    assert crm.query("select count(*) from kpi_mart.fct_deals") == [(0,)]
    assert not crm.kpi_over_years("won_amount")


def test_a_lead_and_the_tickets_count_on_the_day_they_were_created(crm: Mart) -> None:
    assert crm.kpi("leads", "day", "2019-11-11") == exactly("1")
    assert crm.kpi_over_years("tickets_opened") == exactly("25")
