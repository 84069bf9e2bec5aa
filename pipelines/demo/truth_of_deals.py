"""What is true of how fast the example company wins deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.by_month import NOTHING, ByMonth, Figure, median, ratio
from pipelines.demo.company import Company

WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Known:
    """A deal as the CRM shows it on the last day."""

    created: date
    closed: date | None
    won: bool
    euro: Decimal

    @property
    def days(self) -> Decimal:
        """How long it took to win."""
        return Decimal((self.closed - self.created).days) if self.closed else NOTHING


def deal_kpis(company: Company, months: list[tuple[str, date]]) -> dict[str, ByMonth]:
    """Median days to win, and what the open deals bring in a day at the pace of 90 days."""
    last, euro = company.last_day, company.rates.to_euro
    deals = [
        Known(
            deal.created.date(),
            deal.closed if deal.closed <= last else None,
            deal.won,
            euro(deal.amount_on(last) or NOTHING, deal.currency, min(deal.closed, last)),
        )
        for deal in company.deals
        if deal.created.date() <= last and not (deal.deleted and deal.deleted <= last)
    ]
    made: dict[str, ByMonth] = {"sales_cycle_days": {}, "sales_velocity": {}}
    for month, end in months:
        of_month = _won(deals, end.replace(day=1), end)
        made["sales_cycle_days"][month] = median(deal.days for deal in of_month)
        made["sales_velocity"][month] = _velocity(deals, end)
    return made


def _won(deals: list[Known], first: date, end: date) -> list[Known]:
    return [deal for deal in deals if deal.won and deal.closed and first <= deal.closed <= end]


def _velocity(deals: list[Known], end: date) -> Figure:
    first = end - WINDOW + timedelta(days=1)
    closed = [deal for deal in deals if deal.closed and first <= deal.closed <= end]
    won = _won(deals, first, end)
    days = sorted(deal.days for deal in won)
    if not won:
        return None
    # Twice the median is whole: the sum of the two in the middle.
    twice = days[(len(days) - 1) // 2] + days[len(days) // 2]
    opened = [d for d in deals if d.created <= end and not (d.closed and d.closed <= end)]
    brought = sum((deal.euro for deal in won), NOTHING)
    return ratio(len(opened) * brought * 2, len(closed) * twice)
