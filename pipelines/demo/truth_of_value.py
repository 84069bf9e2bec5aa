"""What is true of the example company's customers: what they are worth, whether they stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from pipelines.demo.by_month import ByMonth, Figure, Sums, ratio
from pipelines.demo.company import Company
from pipelines.demo.finance import INVOICE

RETURNS_WITHIN = timedelta(days=90)
SOCIAL = "Paid Social"


@dataclass(frozen=True)
class Basis:
    """What the worth of customers is made of, by month."""

    months: list[str]
    revenue: Mapping[str, Decimal]
    cost_of_sales: Mapping[str, Decimal]
    acquisition: Mapping[str, Decimal]
    new: Mapping[str, Decimal]
    paying: Mapping[str, set[str]]


def value_kpis(basis: Basis) -> dict[str, ByMonth]:
    """Each by its plain definition, a fraction of fractions."""
    made: dict[str, ByMonth] = defaultdict(dict)
    before: set[str] = set()
    for month in basis.months:
        paying, revenue = basis.paying[month], Fraction(basis.revenue[month])
        kept = Decimal(len(paying)) - basis.new[month]
        made["customer_retention_rate"][month] = ratio(kept, Decimal(len(before)))
        made["revenue_per_customer"][month] = ratio(basis.revenue[month], Decimal(len(paying)))
        each = _over(revenue, Fraction(len(paying)))
        margin = _over(revenue - Fraction(basis.cost_of_sales[month]), revenue)
        churn = _over(Fraction(len(before - paying)), Fraction(len(before)))
        cost = _over(Fraction(basis.acquisition[month]), Fraction(basis.new[month]))
        earned = None if each is None or margin is None else each * margin
        worth = _over(earned, churn)
        made["clv"][month] = _written(worth)
        made["clv_to_cac"][month] = _written(_over(worth, cost))
        made["cac_payback_months"][month] = _written(_over(cost, earned))
        before = paying
    return made


def _over(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return one / other if one is not None and other else None


def _written(value: Fraction | None) -> Figure:
    return None if value is None else ratio(Decimal(value.numerator), Decimal(value.denominator))


def buying_kpis(
    company: Company, months: list[str], first_paid: Mapping[str, date]
) -> dict[str, ByMonth]:
    """Who buys again, and who was first met on a social network; by month."""
    bought = defaultdict[str, set[date]](set)
    for line in company.documents.lines:
        if line.kind == INVOICE and line.net > 0:
            bought[line.customer.key].add(line.issued)
    first, again = Sums(), Sums()
    for days in bought.values():
        day = min(days)
        first.add(day, 1)
        again.add(day, any(day < other <= day + RETURNS_WITHIN for other in days))
    social = Sums()
    for customer, source in _first_sources(company).items():
        if customer in first_paid and source == SOCIAL:
            social.add(first_paid[customer], 1)
    return {
        "repeat_purchase_rate": {month: ratio(again[month], first[month]) for month in months},
        "social_new_customers": {month: social[month] for month in months},
    }


def _first_sources(company: Company) -> dict[str, str]:
    """The source of the first lead of each account, of what the CRM still shows."""
    found: dict[str, tuple[date, str, str]] = {}
    for lead in company.leads:
        gone = lead.deleted is not None and lead.deleted <= company.last_day
        known = lead.converted is not None and lead.converted <= company.last_day
        if lead.account is None or gone or not known:
            continue
        touch = (lead.created.date(), lead.lead_id, lead.source)
        account = lead.account.account_id
        found[account] = min(found.get(account, touch), touch)
    return {account: source for account, (_, _, source) in found.items()}
