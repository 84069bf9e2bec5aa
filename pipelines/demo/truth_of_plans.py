"""What is true of the example company against its plans and its market."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from pipelines.demo.books import CHART
from pipelines.demo.by_month import NOTHING, ByMonth, Sums, ratio
from pipelines.demo.company import Company
from pipelines.demo.finance import INVOICE
from pipelines.demo.planning import budgets_in_force, cost_of, market

PLANNED = {"income": 1, "expense": -1, "sales_marketing": -1}


class Plans:
    """Budgets in force beside what the books say, by group and month."""

    def __init__(
        self, company: Company, months: list[str], planned: Mapping[tuple[str, str], Decimal]
    ) -> None:
        self.months, self.planned = months, planned
        self.actual: dict[str, Sums] = defaultdict(Sums)
        euro = company.rates.to_euro
        for line in company.journal:
            account = CHART[line.account_id]
            earned = euro(line.credit, line.currency, line.posted)
            earned -= euro(line.debit, line.currency, line.posted)
            self.actual[account.function or account.account_class].add(line.posted, earned)

    def variance(self, *groups: str) -> ByMonth:
        """How far the result of some groups is off what was planned."""
        made: ByMonth = {}
        for month in self.months:
            actual = sum((self.actual[group][month] for group in groups), NOTHING)
            plan = sum((self.planned[group, month] * PLANNED[group] for group in groups), NOTHING)
            made[month] = ratio(actual - plan, plan)
        return made


def plan_kpis(
    company: Company,
    months: list[str],
    spent: Mapping[str, Decimal],
    revenue: Mapping[str, Decimal],
    paying: Mapping[str, set[str]],
) -> tuple[dict[str, ByMonth], dict[str, ByMonth]]:
    """The KPIs by month, and the budget variance of each group of accounts."""
    planned = budgets_in_force(company.first_day, company.last_day)
    plans = Plans(company, months, planned)
    sizes = {
        f"{day:%Y-%m}": (Decimal(customers), earned)
        for day, customers, earned in market(company.first_day, company.last_day)
    }
    profit, sales = _sales(company)
    kpis = {
        "budget_variance": plans.variance(*PLANNED),
        "ad_budget_used": {m: ratio(spent[m], planned["advertising", m]) for m in months},
        "market_penetration": {m: ratio(Decimal(len(paying[m])), sizes[m][0]) for m in months},
        "market_share": {m: ratio(revenue[m], sizes[m][1]) for m in months},
        "profit_per_sale": {m: ratio(profit[m], sales[m]) for m in months},
    }
    return kpis, {group: plans.variance(group) for group in PLANNED}


def _sales(company: Company) -> tuple[Sums, Sums]:
    profit, sales, euro = Sums(), Sums(), company.rates.to_euro
    counted: set[str] = set()
    for line in company.documents.lines:
        cost = cost_of(line)
        if cost is None:
            continue
        profit.add(line.issued, euro(line.net, line.currency, line.issued))
        profit.add(line.issued, -euro(cost, line.currency, line.issued))
        if line.kind == INVOICE and line.invoice_id not in counted:
            counted.add(line.invoice_id)
            sales.add(line.issued, 1)
    return profit, sales
