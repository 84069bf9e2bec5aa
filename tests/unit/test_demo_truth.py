"""The example company's truth, computed again from its exports by other, plainer means."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pandas as pd
import pytest

from tests.demo_inbox import UNTIL, Inbox, by_month, paid_spans

KPIS = """
    ad_spend arr average_deal_size cac cash_flow clicks cost cpc csat ctr customer_churn_rate cvr
    ebitda gross_margin impressions invoiced_revenue lead_conversion_rate leads mrr
    net_profit_margin new_customers nps paying_customers pipeline_value profit qualified_leads
    revenue roas sales_growth tickets_opened win_rate won_amount won_deals lost_amount
    pipeline_created_amount churned_customers ad_conversions ad_conversion_value
    complaints cycle_time_hours first_response_hours first_time_right resolution_rate
"""
VALUE_KPIS = """
    accounts_receivable ad_budget_used budget_variance cac_payback_months churned_mrr
    market_penetration market_share profit_per_sale clv clv_to_cac contraction_mrr cost_per_lead
    cpa cpm customer_retention_rate dso efficiency_ratio expansion_mrr grr new_mrr nrr
    operating_cash_flow reactivation_mrr repeat_purchase_rate revenue_growth revenue_per_customer
    sales_cycle_days sales_velocity social_new_customers working_capital
    marketing_roi roas_attributed
"""
"""Held against the exports in test_demo_truth_value.py."""
FAMILIES_KPIS = """
    video_views video_view_rate
    bounce_rate content_downloads email_ctr email_open_rate emails_sent form_cvr hours_per_asset
    keywords_per_post links_per_post page_views response_rate search_rank sessions
    social_followers social_shares traffic_per_post traffic_value_per_post
    average_review_rating positive_review_share brand_favourability brand_recall_lift
    headcount employee_turnover_rate employee_retention_rate employee_satisfaction
    salary_competitiveness_ratio earned_value planned_value actual_cost cost_performance_index
    schedule_performance_index critical_path_days
"""
"""Held against the exports in test_demo_truth_families.py."""


def test_truth_says_every_kpi_of_every_month(inbox: Inbox) -> None:
    assert sorted(inbox.truth["kpis"]) == sorted(f"{KPIS} {VALUE_KPIS} {FAMILIES_KPIS}".split())
    months = [f"2024-{month}" for month in (10, 11, 12)]
    months += [f"2025-{month:02d}" for month in range(1, 12)]
    for kpi, values in inbox.truth["kpis"].items():
        assert list(values) == months, kpi
        for value in values.values():
            assert value is None or Decimal(value).as_tuple().exponent == -6
    assert set(inbox.truth["slices"]["ad_spend"]["channel"]) == {
        "display", "performance_max", "search", "social", "video",
    }  # fmt: skip
    assert set(inbox.truth["slices"]["ctr"]["platform"]) == {"google_ads", "meta_ads"}


def test_slices_add_up_to_the_whole(inbox: Inbox) -> None:
    for kpi, slice_ in (("ad_spend", "channel"), ("clicks", "platform"), ("mrr", "plan")):
        parts = inbox.truth["slices"][kpi][slice_].values()
        for month, value in inbox.truth["kpis"][kpi].items():
            assert sum(Decimal(part.get(month, 0)) for part in parts) == Decimal(value)


def test_debits_equal_credits_in_every_journal(inbox: Inbox) -> None:
    balance: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in inbox.all("ledger/journal-lines*", "line_id"):
        journal = (row["journal_id"], row["posting_date"], row["currency"])
        balance[journal] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)

    assert len({journal for journal, _, _ in balance}) == len(balance), "one day and currency each"
    assert set(balance.values()) == {Decimal(0)}


def test_ad_spend_reaches_the_ledger_exactly_and_some_days_later(inbox: Inbox) -> None:
    spent: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in inbox.ads():
        euro = inbox.to_euro(row["cost"], row["currency"], date.fromisoformat(row["day"]))
        spent[row["platform"], row["day"]] += euro
    booked = {}
    accounts = {"6200": "google_ads", "6210": "meta_ads"}
    for row in inbox.all("ledger/journal-lines*", "line_id"):
        if row["account_id"] in accounts:
            day = row["description"][-10:]
            booked[accounts[row["account_id"]], day] = Decimal(row["debit"])
            later = date.fromisoformat(row["posting_date"]) - date.fromisoformat(day)
            assert 2 <= later.days <= 5

    assert booked == {key: spent[key] for key in booked}
    not_yet = {day for _, day in spent.keys() - booked.keys()}
    assert min(not_yet) > str(UNTIL - timedelta(days=5))


def test_ad_figures_are_those_of_the_newest_reports(inbox: Inbox) -> None:
    ads = inbox.ads()

    assert inbox.matches(
        "clicks", by_month(ads, lambda r: r["day"], lambda r: Decimal(r["clicks"]))
    )
    assert inbox.matches(
        "ad_spend",
        by_month(
            ads,
            lambda r: r["day"],
            lambda r: inbox.to_euro(r["cost"], r["currency"], date.fromisoformat(r["day"])),
        ),
    )


def test_conversions_and_their_value_are_what_the_platforms_claim(inbox: Inbox) -> None:
    """Where a platform could not count any, it says `--` or nothing at all."""
    ads = [row | {"value": row["value"].strip(" -") or "0"} for row in inbox.ads()]

    def claimed(row: dict[str, str]) -> Decimal:
        return Decimal(row["conversions"].strip(" -") or 0)

    def euro(row: dict[str, str]) -> Decimal:
        return inbox.to_euro(row["value"], row["currency"], date.fromisoformat(row["day"]))

    assert any(claimed(row) % 1 for row in ads), "platforms count fractions"
    assert inbox.matches("ad_conversions", by_month(ads, lambda row: row["day"], claimed))
    assert inbox.matches("ad_conversion_value", by_month(ads, lambda row: row["day"], euro))


def test_profit_and_cash_are_those_of_the_ledger(inbox: Inbox) -> None:
    chart = {row["account_id"]: row["account_class"] for row in inbox.newest("ledger/chart*")}

    def credit(row: dict[str, str]) -> Decimal:
        day = date.fromisoformat(row["posting_date"])
        credit, debit = (row[side] or "0" for side in ("credit", "debit"))
        return inbox.to_euro(credit, row["currency"], day) - inbox.to_euro(
            debit, row["currency"], day
        )

    def of(*classes: str) -> dict[str, Decimal]:
        lines = inbox.all("ledger/journal-lines*", "line_id")
        chosen = [row for row in lines if chart[row["account_id"]] in classes]
        return by_month(chosen, lambda row: row["posting_date"], credit)

    assert inbox.matches("revenue", of("income"))
    assert inbox.matches("cash_flow", {month: -value for month, value in of("cash").items()})
    assert inbox.matches(
        "cost", {month: -value for month, value in of("cost_of_sales", "expense").items()}
    )
    result = of(
        "income", "other_income", "cost_of_sales", "expense", "depreciation", "amortisation",
        "interest", "income_tax",
    )  # fmt: skip
    assert inbox.matches("profit", result)


def test_invoiced_revenue_is_that_of_the_documents(inbox: Inbox) -> None:
    lines = inbox.all("billing/*", "invoice_line_id")
    assert any(row["document_kind"] == "credit_note" for row in lines)
    for row in lines:
        assert (row["document_kind"] == "credit_note") == row["net_amount"].startswith("-")
    assert inbox.matches(
        "invoiced_revenue",
        by_month(
            lines,
            lambda r: r["issue_date"],
            lambda r: inbox.to_euro(
                r["net_amount"], r["currency_code"], date.fromisoformat(r["issue_date"])
            ),
        ),
    )


def test_recurring_revenue_and_customers_are_those_of_the_subscriptions(inbox: Inbox) -> None:
    spans = paid_spans(inbox)
    worth: dict[str, Decimal] = {}
    paying: dict[str, set[str]] = {}
    for month in inbox.truth["kpis"]["mrr"]:
        year, number = map(int, month.split("-"))
        after = date(year + number // 12, number % 12 + 1, 1)
        end = min(after - timedelta(days=1), UNTIL)
        active = [span for span in spans if span[1] <= end < span[2]]
        worth[month] = sum((span[3] for span in active), Decimal(0))
        paying[month] = {span[0] for span in active}

    assert inbox.matches("mrr", worth)
    assert inbox.matches("arr", {month: 12 * value for month, value in worth.items()})
    counted = {month: Decimal(len(who)) for month, who in paying.items()}
    assert inbox.matches("paying_customers", counted)
    left = {m: Decimal(len(paying[before] - paying[m])) for before, m in pairwise(paying)}
    assert inbox.matches("churned_customers", left)
    gone = left["2025-10"]
    told = inbox.truth["kpis"]["customer_churn_rate"]["2025-10"]
    rate = gone / len(paying["2025-09"])
    assert Decimal(told) == rate.quantize(Decimal("0.000001"), ROUND_HALF_UP) > 0
    first: dict[str, date] = {}
    for customer, start, _, _ in spans:
        first[customer] = min(start, first.get(customer, start))
    new: dict[str, Decimal] = defaultdict(Decimal)
    for start in first.values():
        new[f"{start:%Y-%m}"] += 1
    assert inbox.matches("new_customers", new)


def test_leads_and_deals_are_those_of_the_newest_snapshots(inbox: Inbox) -> None:
    leads = [r for r in inbox.newest("salesforce/Lead*") if r["IsDeleted"] == "false"]
    deals = [r for r in inbox.newest("salesforce/Opportunity*") if r["IsDeleted"] == "false"]
    assert len(leads) < len(inbox.newest("salesforce/Lead*")), "some are deleted"
    one = Decimal(1)
    won = [deal for deal in deals if deal["IsWon"] == "true"]
    closed = [deal for deal in deals if deal["IsClosed"] == "true"]
    # A deal can be lost before anybody knew its amount; a won one has one.
    lost = [deal for deal in closed if deal["IsWon"] != "true" and deal["Amount"]]

    def close(row: dict[str, str]) -> Decimal:
        day = date.fromisoformat(row["CloseDate"])
        return inbox.to_euro(row["Amount"], row["CurrencyIsoCode"], day)

    def creation(row: dict[str, str]) -> Decimal:
        day = date.fromisoformat(row["CreatedDate"][:10])
        return inbox.to_euro(row["Amount"] or "0", row["CurrencyIsoCode"], day)

    assert inbox.matches("leads", by_month(leads, lambda r: r["CreatedDate"], lambda _: one))
    qualified = [lead for lead in leads if lead["Qualified_Date__c"]]
    assert inbox.matches(
        "qualified_leads", by_month(qualified, lambda r: r["Qualified_Date__c"], lambda _: one)
    )
    assert inbox.matches("won_deals", by_month(won, lambda r: r["CloseDate"], lambda _: one))
    assert inbox.matches("won_amount", by_month(won, lambda r: r["CloseDate"], close))
    assert inbox.matches("lost_amount", by_month(lost, lambda r: r["CloseDate"], close))
    created = by_month(deals, lambda r: r["CreatedDate"], creation)
    assert inbox.matches("pipeline_created_amount", created)
    customers = {customer for customer, *_ in paid_spans(inbox)}
    of_march = [lead for lead in leads if lead["CreatedDate"].startswith("2025-03")]
    became = [lead for lead in of_march if lead["ConvertedAccountId"] in customers]
    told = Decimal(inbox.truth["kpis"]["lead_conversion_rate"]["2025-03"])
    rate = Decimal(len(became)) / len(of_march)
    assert told == rate.quantize(Decimal("0.000001"), ROUND_HALF_UP) > 0


def test_pipeline_is_what_is_open_at_the_end_of_a_month(inbox: Inbox) -> None:
    total = Decimal(0)
    for deal in inbox.newest("salesforce/Opportunity*"):
        created = deal["CreatedDate"][:10]
        open_then = deal["IsClosed"] == "false" or deal["CloseDate"] > "2025-10-31"
        if deal["IsDeleted"] == "false" and created <= "2025-10-31" and open_then:
            day = date.fromisoformat(created)
            total += inbox.to_euro(deal["Amount"] or "0", deal["CurrencyIsoCode"], day)

    assert Decimal(inbox.truth["kpis"]["pipeline_value"]["2025-10"]) == total > 0


def test_tickets_and_answers_are_those_exported(inbox: Inbox) -> None:
    ghost = next(p["key"] for p in inbox.truth["planted"] if p["kind"] == "impossible date")
    tickets = [r for r in inbox.all("hubspot/tickets*", "Ticket ID") if r["Ticket ID"] != ghost]
    answers = inbox.all("hubspot/feedback*", "Response ID")
    opened = by_month(tickets, lambda r: r["Create date"], lambda _: Decimal(1))
    assert inbox.matches("tickets_opened", opened)
    score: dict[str, Decimal] = {}
    for kind, points in (
        ("NPS", lambda rating: 100 * ((rating > 8) - (rating < 7))),
        ("CSAT", lambda rating: int(rating in (4, 5))),
    ):
        of_month = [
            points(int(row["Rating"]))
            for row in answers
            if row["Survey type"] == kind and row["Response date"].startswith("2025-10")
        ]
        mean = Decimal(sum(of_month)) / len(of_month)
        score[kind.lower()] = mean.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    told = {kpi: Decimal(inbox.truth["kpis"][kpi]["2025-10"]) for kpi in ("nps", "csat")}
    assert told == score


def test_medians_are_of_the_tickets_as_exported(inbox: Inbox) -> None:
    """Pandas' median of the newest version of each ticket, for every month."""
    ghost = next(p["key"] for p in inbox.truth["planted"] if p["kind"] == "impossible date")
    tickets = pd.DataFrame(inbox.all("hubspot/tickets*", "Ticket ID"))
    tickets = tickets[tickets["Ticket ID"] != ghost]
    created = pd.to_datetime(tickets["Create date"])
    for kpi, column in (
        ("first_response_hours", "First agent email response date"),
        ("cycle_time_hours", "Close date"),
    ):
        ended = pd.to_datetime(tickets[column].replace("", None))
        hours = (ended - created).dt.total_seconds() / 3600
        medians = hours.groupby(ended.dt.strftime("%Y-%m")).median()
        told = inbox.truth["kpis"][kpi]
        assert {m: v for m, v in told.items() if v is not None}.keys() == set(medians.index)
        for month, median in medians.items():
            assert float(told[month]) == pytest.approx(median, abs=0.000001), (kpi, month)


def test_shares_of_tickets_are_those_exported(inbox: Inbox) -> None:
    ghost = next(p["key"] for p in inbox.truth["planted"] if p["kind"] == "impossible date")
    tickets = [r for r in inbox.all("hubspot/tickets*", "Ticket ID") if r["Ticket ID"] != ghost]
    of_month = [row for row in tickets if row["Create date"].startswith("2025-09")]
    solved = [row for row in of_month if row["Close date"]]
    closed = [row for row in tickets if row["Close date"].startswith("2025-09")]
    right = [row for row in closed if row["Number of times reopened"] == "0"]
    complaints = [row for row in of_month if row["Category"] == "Complaint"]

    told = {kpi: values["2025-09"] for kpi, values in inbox.truth["kpis"].items()}
    assert Decimal(told["complaints"]) == len(complaints) > 0
    for kpi, part, whole in (
        ("resolution_rate", solved, of_month),
        ("first_time_right", right, closed),
    ):
        share = Decimal(len(part)) / len(whole)
        assert Decimal(told[kpi]) == share.quantize(Decimal("0.000001"), ROUND_HALF_UP) < 1


def test_the_company_has_a_life_worth_measuring(inbox: Inbox) -> None:
    spans = paid_spans(inbox)
    ends = {(customer, end) for customer, _, end, _ in spans}
    assert any(end <= UNTIL for _, end in ends), "customers leave"
    came_back = [
        customer
        for customer, start, _, _ in spans
        if any(who == customer and end < start for who, end in ends)
    ]
    assert came_back
    payments = inbox.all("stripe/payments*", "id")
    assert {row["Status"] for row in payments} >= {"Paid", "Failed", "Refunded", "Partial Refund"}
    due = {row["invoice_id"]: row["due_date"] for row in inbox.all("billing/*", "invoice_line_id")}
    late = [row for row in payments if row["Created date (UTC)"][:10] > due[row["Invoice ID"]]]
    assert 0 < len(late) < len(payments) / 5
    currencies = {row["CurrencyIsoCode"] for row in inbox.newest("salesforce/Opportunity*")}
    assert currencies == {"EUR", "GBP", "USD"}
