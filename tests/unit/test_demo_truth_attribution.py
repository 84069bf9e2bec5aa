"""The truth of attribution, computed again from the CRM's exports with fractions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest

from tests.demo_inbox import UNTIL, Inbox

PAID = ("Paid Search", "Paid Social", "Display Ads", "Video Ads", "Banner Ads")


class Met(NamedTuple):
    day: str
    how: str


class Won(NamedTuple):
    month: str
    euro: Decimal
    met: list[Met]


@pytest.fixture(scope="module")
def won(inbox: Inbox) -> list[Won]:
    """Every won deal with how its company was met until then, in order."""
    leads = {r["Id"]: r for r in inbox.newest("salesforce/Lead*") if r["IsDeleted"] == "false"}
    account_of = {r["Id"]: r["AccountId"] for r in inbox.newest("salesforce/Contact*")}
    type_of = {r["Id"]: r["Type"] for r in inbox.newest("salesforce/Campaign [0-9]*")}
    met: dict[str, list[Met]] = defaultdict(list)
    for row in leads.values():
        if row["ConvertedAccountId"] and row["LeadSource"]:
            met[row["ConvertedAccountId"]].append(Met(row["CreatedDate"][:10], row["LeadSource"]))
    for row in inbox.newest("salesforce/CampaignMember*"):
        if row["HasResponded"] == "true" and row["IsDeleted"] == "false":
            lead = leads.get(row["LeadId"], {"ConvertedAccountId": ""})
            account = account_of.get(row["ContactId"]) or lead["ConvertedAccountId"]
            met[account].append(Met(row["FirstRespondedDate"], type_of[row["CampaignId"]]))
    return [
        Won(
            row["CloseDate"][:7],
            inbox.to_euro(
                row["Amount"], row["CurrencyIsoCode"], date.fromisoformat(row["CloseDate"])
            ),
            sorted(one for one in met[row["AccountId"]] if one.day <= row["CloseDate"]),
        )
        for row in inbox.newest("salesforce/Opportunity*")
        if row["IsWon"] == "true" and row["IsDeleted"] == "false" and row["Amount"]
    ]


@pytest.fixture(scope="module")
def spent(inbox: Inbox) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in inbox.ads():
        day = date.fromisoformat(row["day"])
        sums[row["day"][:7]] += inbox.to_euro(row["cost"], row["currency"], day)
    return sums


def share_of_paid(deal: Won, model: str) -> Fraction:
    """The part of a deal that ads are given; not rounded, so that it is exact."""
    if not deal.met:
        return Fraction(0)
    if model == "linear":
        return Fraction(sum(one.how in PAID for one in deal.met), len(deal.met))
    return Fraction(deal.met[0 if model == "first_touch" else -1].how in PAID)


@pytest.mark.parametrize("model", ["first_touch", "last_touch", "linear"])
def test_what_ads_brought_by_each_model_is_the_share_of_each_deal(
    inbox: Inbox, won: list[Won], spent: dict[str, Decimal], model: str
) -> None:
    told = inbox.truth["slices"]["roas_attributed"]["attribution_model"][model]
    brought: dict[str, Fraction] = defaultdict(Fraction)
    for deal in won:
        brought[deal.month] += Fraction(deal.euro) * share_of_paid(deal, model)
    assert sum(brought.values()) > 0
    # Ties of a day are in another order here: no deal of this company depends on it.
    for month, text in told.items():
        exact = brought[month] / Fraction(spent[month])
        assert abs(Fraction(text) - exact) <= Fraction(1, 10**6), (month, text, float(exact))


def test_the_total_is_of_the_model_that_is_the_default_and_not_of_all(inbox: Inbox) -> None:
    slices = inbox.truth["slices"]["roas_attributed"]["attribution_model"]
    assert inbox.truth["kpis"]["roas_attributed"] == slices["linear"]
    assert slices["first_touch"] != slices["linear"] != slices["last_touch"]


def test_marketing_roi_is_what_was_won_from_anybody_met_less_the_cost(
    inbox: Inbox, won: list[Won]
) -> None:
    functions = {r["account_id"]: r["account_function"] for r in inbox.newest("ledger/chart*")}
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in inbox.all("ledger/journal-lines*", "line_id"):
        if functions[row["account_id"]] == "sales_marketing":
            day = date.fromisoformat(row["posting_date"])
            cost[row["posting_date"][:7]] += inbox.to_euro(
                row["debit"] or "0", row["currency"], day
            )
            cost[row["posting_date"][:7]] -= inbox.to_euro(
                row["credit"] or "0", row["currency"], day
            )
    brought: dict[str, Decimal] = defaultdict(Decimal)
    for deal in won:
        brought[deal.month] += deal.euro if deal.met else 0
    assert all(cost[month] for month in inbox.truth["kpis"]["marketing_roi"])
    for month, text in inbox.truth["kpis"]["marketing_roi"].items():
        exact = (brought[month] - cost[month]) / cost[month]
        assert Decimal(text) == exact.quantize(Decimal("0.000001"), ROUND_HALF_UP), month


def test_deals_are_met_in_every_way_that_the_models_tell_apart(won: list[Won]) -> None:
    met = [deal.met for deal in won]
    assert any(not one for one in met), "nobody knows how"
    assert any(len(one) > 2 for one in met)
    assert any(one and one[0].how in PAID and one[-1].how not in PAID for one in met)
    assert all(one.day <= UNTIL.isoformat() for touches in met for one in touches)
