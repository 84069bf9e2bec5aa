"""The truth of value, retention and cash, computed again from the exports by tables of months."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise

import pandas as pd
import pytest

from tests.demo_inbox import UNTIL, Inbox, paid_spans

LEDGER = "ledger/journal-lines*"
NOTHING = Decimal(0)


def told(inbox: Inbox, kpi: str) -> dict[str, Decimal | None]:
    return {
        month: None if text is None else Decimal(text)
        for month, text in inbox.truth["kpis"][kpi].items()
    }


def over(one: Decimal, other: Decimal) -> Decimal | None:
    with localcontext() as context:
        context.prec = 60
        quotient = one / other if other else None
        return quotient and quotient.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def same(found: dict[str, Decimal | None], expected: dict[str, Decimal | None]) -> bool:
    """Whether all months agree, and something happens in some of them."""
    assert any(expected.values()), "nothing to compare"
    differs = {m: (found.get(m), value) for m, value in expected.items() if found.get(m) != value}
    assert differs == {}
    return True


@pytest.fixture(scope="module")
def mrr(inbox: Inbox) -> pd.DataFrame:
    """A row for each customer, a column for each month's end: the MRR then."""
    spans = pd.DataFrame(paid_spans(inbox), columns=["customer", "start", "end", "euro"])
    months = list(inbox.truth["kpis"]["mrr"])
    ends = {}
    for month in months:
        last = (pd.Period(month) + 1).start_time.date() - timedelta(days=1)
        end = min(last, UNTIL)
        active = spans[(spans["start"] <= end) & (spans["end"] > end)]
        ends[month] = active.groupby("customer")["euro"].sum()
    return pd.DataFrame(ends, index=sorted(set(spans["customer"]))).fillna(NOTHING)


@pytest.fixture(scope="module")
def first_paid(inbox: Inbox) -> pd.Series:
    spans = pd.DataFrame(paid_spans(inbox), columns=["customer", "start", "end", "euro"])
    return spans.groupby("customer")["start"].min()


@pytest.fixture(scope="module")
def ledger(inbox: Inbox) -> pd.DataFrame:
    """Every posted line with its class and what it is worth in euro, debit positive."""
    chart = {row["account_id"]: row for row in inbox.newest("ledger/chart*")}
    lines = pd.DataFrame(inbox.all(LEDGER, "line_id"))
    lines["class"] = [chart[account]["account_class"] for account in lines["account_id"]]
    lines["flow"] = [chart[account]["cash_flow_class"] for account in lines["account_id"]]
    lines["function"] = [chart[account]["account_function"] for account in lines["account_id"]]
    lines["month"] = lines["posting_date"].str[:7]
    lines["euro"] = [
        inbox.to_euro(debit or "0", currency, day) - inbox.to_euro(credit or "0", currency, day)
        for debit, credit, currency, day in zip(
            lines["debit"],
            lines["credit"],
            lines["currency"],
            map(date.fromisoformat, lines["posting_date"]),
            strict=True,
        )
    ]
    return lines


def sums(lines: pd.DataFrame, months: list[str]) -> dict[str, Decimal]:
    found = lines.groupby("month")["euro"].sum()
    return {month: found.get(month, NOTHING) for month in months}


def test_mrr_moves_by_the_difference_of_two_columns(
    inbox: Inbox, mrr: pd.DataFrame, first_paid: pd.Series
) -> None:
    before = mrr.shift(axis="columns", fill_value=NOTHING)
    change = mrr - before
    began = pd.DataFrame({m: first_paid.map(lambda day: f"{day:%Y-%m}") for m in mrr.columns})
    is_first = began.eq(pd.Series(mrr.columns, index=mrr.columns), axis="columns")
    nothing, some = before.eq(0), before.gt(0)
    kinds = {
        "new_mrr": nothing & is_first,
        "reactivation_mrr": nothing & ~is_first,
        "churned_mrr": some & mrr.eq(0),
        "expansion_mrr": some & mrr.gt(before),
        "contraction_mrr": some & mrr.gt(0) & mrr.lt(before),
    }
    for kpi, chosen in kinds.items():
        moved = change.where(chosen, NOTHING).sum()
        assert same(told(inbox, kpi), dict(moved.items())), kpi


def test_retention_of_revenue_is_one_column_by_that_of_twelve_months_before(
    inbox: Inbox, mrr: pd.DataFrame
) -> None:
    full = mrr.drop(columns=f"{UNTIL:%Y-%m}")
    then = full.shift(12, axis="columns").dropna(axis="columns")
    assert len(then.columns) > 0
    for month in then.columns:
        had = then[month][then[month] > 0]
        now = mrr.loc[had.index, month]
        assert told(inbox, "nrr")[month] == over(now.sum(), had.sum())
        capped = sum((min(pair) for pair in zip(now, had, strict=True)), NOTHING)
        assert told(inbox, "grr")[month] == over(capped, had.sum())
        assert 0 < capped <= now.sum() and capped < had.sum(), "somebody has left"


def test_customers_are_kept_and_worth_what_the_flattened_formulas_say(
    inbox: Inbox, mrr: pd.DataFrame, first_paid: pd.Series, ledger: pd.DataFrame
) -> None:
    months = list(mrr.columns)
    revenue = sums(ledger[ledger["class"] == "income"], months)
    sold = sums(ledger[ledger["class"] == "cost_of_sales"], months)
    spent = sums(ledger[ledger["function"] == "sales_marketing"], months)
    new = first_paid.map(lambda day: f"{day:%Y-%m}").value_counts()
    kept, each, worth, ratio, payback = {}, {}, {}, {}, {}
    start = NOTHING
    for number, month in enumerate(months):
        end, came = Decimal(int(mrr[month].gt(0).sum())), Decimal(int(new.get(month, 0)))
        before = mrr[months[number - 1]] if number else mrr[month] * 0
        gone = Decimal(int((before.gt(0) & mrr[month].eq(0)).sum()))
        profit = -revenue[month] - sold[month]
        kept[month] = over(end - came, start)
        each[month] = over(-revenue[month], end)
        worth[month] = over(profit * start, end * gone)
        ratio[month] = over(profit * start * came, end * gone * spent[month])
        payback[month] = over(spent[month] * end, profit * came)
        start = end
    assert same(told(inbox, "customer_retention_rate"), kept)
    assert same(told(inbox, "revenue_per_customer"), each)
    assert same(told(inbox, "clv"), worth)
    assert same(told(inbox, "clv_to_cac"), ratio)
    assert same(told(inbox, "cac_payback_months"), payback)


def test_who_buys_again_is_seen_from_the_invoices(inbox: Inbox) -> None:
    lines = pd.DataFrame(inbox.all("billing/*", "invoice_line_id"))
    bought = lines[(lines["document_kind"] == "invoice") & (lines["net_amount"].astype(float) > 0)]
    days = pd.to_datetime(bought["issue_date"])
    first = days.groupby(bought["customer_id"]).min()
    later = days[days > bought["customer_id"].map(first)]
    second = later.groupby(bought["customer_id"]).min().reindex(first.index)
    again = (second - first) <= pd.Timedelta(days=90)
    by_month = again.groupby(first.dt.strftime("%Y-%m")).agg(["sum", "count"])
    expected = {
        month: over(Decimal(int(row["sum"])), Decimal(int(row["count"])))
        for month, row in by_month.iterrows()
    }
    assert same(told(inbox, "repeat_purchase_rate"), expected)


def test_operating_cash_is_the_other_side_of_cash(inbox: Inbox, ledger: pd.DataFrame) -> None:
    months = list(inbox.truth["kpis"]["cash_flow"])
    cash = ledger[ledger["class"] == "cash"]
    other = ledger[ledger["journal_id"].isin(cash["journal_id"]) & (ledger["class"] != "cash")]
    operating = sums(other[other["flow"] == "operating"], months)
    assert same(told(inbox, "operating_cash_flow"), {m: -v for m, v in operating.items()})
    rest = sums(other[other["flow"] != "operating"], months)
    for month, moved in sums(cash, months).items():
        # Each line is rounded to six digits by itself, so that sides in dollars may differ by that.
        assert abs(moved + operating[month] + rest[month]) < Decimal("0.01")
    assert any(rest.values()), "something is invested or borrowed"


def test_days_sales_outstanding_are_of_the_ledgers_receivables(
    inbox: Inbox, ledger: pd.DataFrame
) -> None:
    months = list(inbox.truth["kpis"]["dso"])
    owed = pd.Series(sums(ledger[ledger["class"] == "receivable"], months)).cumsum()
    assert same(told(inbox, "accounts_receivable"), dict(owed.items()))
    current = ("cash", "receivable", "payable", "other_current_liability")
    capital = pd.Series(sums(ledger[ledger["class"].isin(current)], months)).cumsum()
    assert same(told(inbox, "working_capital"), dict(capital.items()))
    invoiced = told(inbox, "invoiced_revenue")
    expected = {}
    for month in months:
        days = UNTIL.day if month == f"{UNTIL:%Y-%m}" else pd.Period(month).days_in_month
        expected[month] = over(owed[month] * days, invoiced[month] or NOTHING)
    assert same(told(inbox, "dso"), expected)


def test_deals_are_won_in_the_days_that_the_crm_shows(inbox: Inbox) -> None:
    deals = pd.DataFrame(inbox.newest("salesforce/Opportunity*"))
    deals = deals[deals["IsDeleted"] == "false"]
    closed = pd.to_datetime(deals["CloseDate"])
    created = pd.to_datetime(deals["CreatedDate"].str[:10])
    won = deals["IsWon"] == "true"
    days = (closed - created).dt.days[won]
    cycles = days.groupby(closed[won].dt.strftime("%Y-%m")).median()
    expected = {month: Decimal(str(value)) for month, value in cycles.items()}
    assert same(told(inbox, "sales_cycle_days"), expected)

    end = pd.Timestamp("2025-10-31")
    is_closed = deals["IsClosed"] == "true"
    opened = (created <= end) & ~(is_closed & (closed <= end))
    recent = is_closed & (closed <= end) & (closed > end - pd.Timedelta(days=90))
    amounts = [
        inbox.to_euro(row["Amount"], row["CurrencyIsoCode"], date.fromisoformat(row["CloseDate"]))
        for _, row in deals[recent & won].iterrows()
    ]
    median = Decimal(str((closed - created).dt.days[recent & won].median()))
    above = Decimal(int(opened.sum())) * sum(amounts, NOTHING)
    assert told(inbox, "sales_velocity")["2025-10"] == over(above, int(recent.sum()) * median)


def test_growth_efficiency_and_ad_costs_are_quotients_of_other_truths(
    inbox: Inbox, ledger: pd.DataFrame
) -> None:
    revenue, spent = told(inbox, "revenue"), told(inbox, "ad_spend")
    months = list(revenue)
    grown = {
        month: over(
            (revenue[month] or NOTHING) - (revenue[before] or NOTHING), revenue[before] or NOTHING
        )
        for before, month in pairwise(months)
    }
    assert same(told(inbox, "revenue_growth"), grown)
    running = sums(ledger[ledger["class"] == "expense"], months)
    shares = {month: over(running[month], revenue[month] or NOTHING) for month in months}
    assert same(told(inbox, "efficiency_ratio"), shares)
    for kpi, unit, factor in (("cpm", "impressions", 1000), ("cost_per_lead", "leads", 1)):
        below = told(inbox, unit)
        costs = {m: over((spent[m] or NOTHING) * factor, below[m] or NOTHING) for m in months}
        assert same(told(inbox, kpi), costs)
    # cvr is conversions by click, so a conversion costs what a click does, by cvr.
    for month in months[1:]:
        cpc, cvr = told(inbox, "cpc")[month], told(inbox, "cvr")[month]
        cpa = told(inbox, "cpa")[month]
        assert cpc and cvr and cpa and abs(cpa - cpc / cvr) / cpa < Decimal("0.001")


def test_results_are_held_against_the_budgets_in_force(inbox: Inbox, ledger: pd.DataFrame) -> None:
    """Of each group and month the highest version that holds by the last day."""
    rows = [row for row in inbox.newest("budgets/*") if row["valid_from"] <= str(UNTIL)]
    rows.sort(key=lambda row: int(row["version"]))
    plan = {(r["account_group"], r["period_start"][:7]): Decimal(r["budget_amount"]) for r in rows}
    assert {row["version"] for row in rows} == {"1", "2"}
    group = ledger["function"].where(ledger["function"] != "", ledger["class"])
    months = list(inbox.truth["kpis"]["budget_variance"])
    actual = {
        name: sums(ledger[group == name], months)
        for name in ("income", "expense", "sales_marketing")
    }
    sliced = inbox.truth["slices"]["budget_variance"]["account_group"]
    for name, of_months in actual.items():
        for month in months:
            # Costs are positive in a ledger whose debits are, and income is negative.
            sign = -1 if name == "income" else 1
            off = of_months[month] * sign - plan[name, month]
            assert Decimal(sliced[name][month]) == over(off, plan[name, month]), (name, month)
    total = {}
    for month in months:
        result = -sum((of_months[month] for of_months in actual.values()), NOTHING)
        planned = plan["income", month] - plan["expense", month] - plan["sales_marketing", month]
        total[month] = over(result - planned, planned)
    assert same(told(inbox, "budget_variance"), total)
    spent = told(inbox, "ad_spend")
    used = {month: over(spent[month] or NOTHING, plan["advertising", month]) for month in months}
    assert same(told(inbox, "ad_budget_used"), used)


def test_the_market_is_that_of_the_publication(inbox: Inbox) -> None:
    sizes = {row["period_start"][:7]: row for row in inbox.newest("market_size/*")}
    for kpi, ours, theirs in (
        ("market_penetration", "paying_customers", "addressable_customers"),
        ("market_share", "revenue", "market_revenue_amount"),
    ):
        shares = {
            month: over(value or NOTHING, Decimal(sizes[month][theirs]))
            for month, value in told(inbox, ours).items()
        }
        assert same(told(inbox, kpi), shares)


def test_a_sale_brings_what_the_order_lines_say(inbox: Inbox) -> None:
    lines = pd.DataFrame(inbox.all("order_lines/*", "order_line_id"))
    unknown = lines.loc[lines["unit_cost_amount"] == "", "order_id"]
    assert len(unknown) > 0
    known = lines[~lines["order_id"].isin(unknown)]
    profit = defaultdict[str, Decimal](Decimal)
    for _, row in known.iterrows():
        sign = -1 if row["line_kind"] == "return" else 1
        day = date.fromisoformat(row["order_date"])
        price = inbox.to_euro(row["net_amount"], row["currency_code"], day)
        cost = inbox.to_euro(row["unit_cost_amount"], row["currency_code"], day)
        profit[row["order_date"][:7]] += sign * (price - cost)
    sold = known[known["line_kind"] == "sale"]
    orders = sold.groupby(sold["order_date"].str[:7])["order_id"].nunique()
    expected = {m: over(profit[m], Decimal(int(n))) for m, n in orders.items()}
    assert same(told(inbox, "profit_per_sale"), expected)


def test_social_customers_are_those_whose_first_lead_came_that_way(
    inbox: Inbox, first_paid: pd.Series
) -> None:
    leads = [r for r in inbox.newest("salesforce/Lead*") if r["IsDeleted"] == "false"]
    leads.sort(key=lambda row: (row["CreatedDate"][:10], row["Id"]))
    source: dict[str, str] = {}
    for lead in leads:
        if lead["ConvertedAccountId"]:
            source.setdefault(lead["ConvertedAccountId"], lead["LeadSource"])
    counted = defaultdict[str, int](int)
    for customer, day in first_paid.items():
        counted[f"{day:%Y-%m}"] += source.get(str(customer)) == "Paid Social"
    assert same(told(inbox, "social_new_customers"), {m: Decimal(n) for m, n in counted.items()})
