"""Tickets and survey answers of the example company's customers.

Belongs here: what customers ask and answer. Does not belong here: HubSpot's columns
(`exports/hubspot.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.demo.chance import Chance
from pipelines.demo.subscriptions import Customer

CATEGORIES: dict[str, tuple[float, tuple[str, ...]]] = {
    "Product Issue": (38, ("Dashboard is slow", "Import fails on semicolons", "Wrong figure")),
    "General Inquiry": (24, ("How do I add a user?", "Time zones", "Where are my exports?")),
    "Feature Request": (16, ("Please add dark mode", "Slack alerts", "Another currency, please")),
    "Billing Issue": (14, ("VAT number on invoice", "Card was declined", "Invoice, please")),
    "Complaint": (8, ("Third time this month", "Nobody answers", 'The "fix" broke it')),
}
PRIORITIES = {"Low": 30.0, "Medium": 44.0, "High": 20.0, "Urgent": 6.0}
SOURCES = {"Email": 46.0, "Chat": 30.0, "Form": 18.0, "Phone": 6.0}
SLA_HOURS = {"Low": 60, "Medium": 36, "High": 16, "Urgent": 5}
TICKETS_PER_CUSTOMER_AND_DAY, NPS_PER_CUSTOMER_AND_DAY = 0.021, 0.0042
CSAT_ANSWERED, REOPENED = 0.34, 0.09


@dataclass(frozen=True)
class Ticket:
    """A ticket, with all that will become of it."""

    ticket_id: str
    created: datetime
    replied: datetime
    closed: datetime | None
    name: str
    category: str
    priority: str
    source: str
    owner: str
    domain: str
    reopened: int
    """How often it was opened again before it was closed for good."""

    def status_on(self, day: date) -> str:
        """The stage of the ticket at the end of a day."""
        if self.closed and self.closed.date() <= day:
            return "Closed"
        if self.replied.date() > day:
            return "New"
        return "Waiting on contact" if int(self.ticket_id) % 2 else "Waiting on us"


@dataclass(frozen=True)
class Response:
    """An answer to a survey."""

    response_id: str
    answered: datetime
    survey: str
    kind: str
    channel: str
    rating: int
    comment: str
    email: str
    domain: str


def tickets_of_day(
    seed: int, day: date, paying: list[Customer], first_number: int
) -> list[tuple[Ticket, Response | None]]:
    """The tickets of a day, each with the answer to the question asked when it is closed."""
    chance = Chance(seed, "tickets of", day)
    opened = []
    for n in range(chance.count(TICKETS_PER_CUSTOMER_AND_DAY * len(paying))):
        number = first_number + n
        own = Chance(seed, "ticket", number, day)
        customer = own.choice(paying)
        category = own.pick({name: often for name, (often, _) in CATEGORIES.items()})
        priority = own.pick(PRIORITIES)
        created = own.moment(day)
        hours = own.around(SLA_HOURS[priority], 0.8)
        replied = created + timedelta(minutes=round(hours * 60 * own.uniform(0.05, 0.4)))
        closed = created + timedelta(minutes=round(hours * 60 * own.uniform(0.6, 3.5)))
        ticket = Ticket(
            ticket_id=str(18_400_100_000 + number),
            created=created,
            replied=replied,
            closed=None if own.happens(0.02) else closed,
            name=own.choice(CATEGORIES[category][1]),
            category=category,
            priority=priority,
            source=own.pick(SOURCES),
            owner=f"agent{own.randint(1, 5)}@example.com",
            domain=customer.contact.domain,
            reopened=int(Chance(seed, "reopened", number, day).happens(REOPENED)),
        )
        opened.append((ticket, _csat(own, ticket, customer, number)))
    return opened


def _csat(chance: Chance, ticket: Ticket, customer: Customer, number: int) -> Response | None:
    if ticket.closed is None or not chance.happens(CSAT_ANSWERED):
        return None
    weights = {5: 46.0, 4: 31.0, 3: 11.0, 2: 7.0, 1: 5.0}
    if ticket.category == "Complaint":
        weights = {5: 12.0, 4: 20.0, 3: 26.0, 2: 22.0, 1: 20.0}
    rating = chance.pick(weights)
    return Response(
        response_id=str(27_000_100_000 + number),
        answered=ticket.closed + timedelta(minutes=chance.randint(5, 3_000)),
        survey="Ticket closed",
        kind="CSAT",
        channel="Email",
        rating=rating,
        comment="Quick, thank you!" if rating == 5 and chance.happens(0.3) else "",  # noqa: PLR2004
        email=customer.contact.email,
        domain=customer.contact.domain,
    )


def nps_of_day(
    seed: int, day: date, paying: list[Customer], first_number: int, months_in: float
) -> list[Response]:
    """The answers of a day to "would you recommend us?"; they get better with the years."""
    chance = Chance(seed, "nps of", day)
    answers = []
    for n in range(chance.count(NPS_PER_CUSTOMER_AND_DAY * len(paying))):
        own = Chance(seed, "nps", first_number + n, day)
        customer = own.choice(paying)
        group = own.pick({"promoter": 40 + months_in * 0.5, "passive": 32, "detractor": 25})
        low, high = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}[group]
        answers.append(
            Response(
                response_id=str(29_000_100_000 + first_number + n),
                answered=own.moment(day),
                survey="Relationship survey",
                kind="NPS",
                channel=own.choice(("Email", "Web")),
                rating=max(own.randint(low, high), own.randint(low, high)),
                comment="",
                email=customer.contact.email,
                domain=customer.contact.domain,
            )
        )
    return answers
