"""What is true of the example company's support: how many, how fast, how well."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from pipelines.demo.by_month import ByMonth, Figure, Sums, median, month_of, ratio
from pipelines.demo.company import Company

Durations = defaultdict[str, list[Decimal]]


def ticket_kpis(company: Company, months: list[str]) -> dict[str, ByMonth]:
    """The KPIs of tickets by month, of what has happened by the company's last day."""
    complaints, opened, solved, right = Sums(), Sums(), Sums(), Sums()
    closed_in, waited, lasted = Sums(), Durations(list), Durations(list)
    for ticket in company.tickets:
        created = ticket.created.date()
        opened.add(created, 1)
        complaints.add(created, ticket.category == "Complaint")
        if ticket.replied.date() <= company.last_day:
            waited[month_of(ticket.replied.date())].append(_hours(ticket.created, ticket.replied))
        if ticket.closed and ticket.closed.date() <= company.last_day:
            closed = ticket.closed.date()
            solved.add(created, 1)
            closed_in.add(closed, 1)
            right.add(closed, not ticket.reopened)
            lasted[month_of(closed)].append(_hours(ticket.created, ticket.closed))

    def each(numerator: Sums, denominator: Sums) -> ByMonth:
        return {month: ratio(numerator[month], denominator[month]) for month in months}

    return {
        "complaints": {month: complaints[month] for month in months},
        "resolution_rate": each(solved, opened),
        "first_response_hours": {month: median(waited[month]) for month in months},
        "cycle_time_hours": {month: median(lasted[month]) for month in months},
        "first_time_right": each(right, closed_in),
    }


def _hours(begin: datetime, end: datetime) -> Decimal:
    """Hours to six digits; exports say minutes."""
    minutes = (end.replace(second=0) - begin.replace(second=0)).total_seconds() / 60
    hours: Figure = ratio(Decimal(int(minutes)), Decimal(60))
    return hours or Decimal(0)
