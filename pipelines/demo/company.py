"""The example company, day by day: everything that happened, before anyone exports it.

Belongs here: putting the subjects together in time. What a day brings depends only on the seed, the
scale, and the days before it: the first N days are the same whatever comes after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo import ads, crm, finance, subscriptions, support
from pipelines.demo.books import AdBooking, Books, JournalLine
from pipelines.demo.brand import Brand
from pipelines.demo.chance import Chance, days_between
from pipelines.demo.marketing import Marketing
from pipelines.demo.projects import Projects
from pipelines.demo.rates import Rates
from pipelines.demo.staff import Staff
from pipelines.demo.touches import Member, members_of

DAYS_PER_MONTH = 30.4


@dataclass(frozen=True)
class Company:
    """What happened until the last day; what an export of an earlier day shows is a part of it."""

    seed: int
    first_day: date
    last_day: date
    rates: Rates
    campaigns: list[ads.Campaign]
    leads: list[crm.Lead]
    members: list[Member]
    subscriptions: list[subscriptions.Subscription]
    documents: finance.Documents
    journal: list[JournalLine]
    tickets: list[support.Ticket]
    responses: list[support.Response]
    marketing: Marketing
    brand: Brand
    staff: Staff
    projects: Projects

    @property
    def deals(self) -> list[crm.Deal]:
        """The deals that leads turned into."""
        return [lead.deal for lead in self.leads if lead.deal]

    def months_in(self, day: date) -> float:
        """How old the company is."""
        return (day - self.first_day).days / DAYS_PER_MONTH

    def ad_days(self, platform: str, day: date, known_on: date) -> list[ads.AdDay]:
        """What the platform's campaigns did on a day, as known at the end of another."""
        return [
            done
            for campaign in self.campaigns
            if campaign.platform == platform
            and (done := ads.performance(self.seed, campaign, day, known_on, self.months_in(day)))
        ]


def simulate(seed: int, first_day: date, last_day: date, scale: Decimal) -> Company:
    """Live through every day of the company."""
    rates = Rates(seed, first_day, last_day)
    size = float(scale)
    leads: list[crm.Lead] = []
    customers: list[subscriptions.Customer] = []
    without_crm = 0
    for day in days_between(first_day, last_day):
        leads += crm.leads_of_day(seed, day, first_day, len(leads), size)
        came = subscriptions.customers_without_crm(seed, day, without_crm, size)
        without_crm += len(came)
        customers += came
    customers += [
        customer
        for lead in leads
        if (customer := subscriptions.customer_of(seed, lead)) and customer.first_day <= last_day
    ]
    customers.sort(key=lambda customer: (customer.first_day, customer.stripe_id))
    subscribed = [
        one
        for customer in customers
        for one in subscriptions.subscriptions_of(seed, customer, last_day)
    ]
    subscribed.sort(key=lambda one: (one.created, one.subscription_id))
    documents = finance.documents(seed, subscribed, rates, last_day)
    company = Company(
        seed, first_day, last_day, rates, ads.campaigns(size), leads,
        [member for lead in leads for member in members_of(seed, lead)],
        subscribed, documents, [], [], [],
        Marketing(seed, first_day, last_day, size),
        Brand(seed, first_day, last_day, size),
        Staff(seed, first_day, last_day, size),
        Projects(seed, first_day, last_day, size),
    )  # fmt: skip
    paying: dict[date, int] = {}
    for day, who in _paying_customers(company):
        paying[day] = len(who)
        company.tickets.extend(_tickets(company, day, who))
        company.responses.extend(
            support.nps_of_day(
                seed, day, who, len(company.responses) + 1_000_000, company.months_in(day)
            )
        )
    bookings = list(_ad_bookings(company))
    books = Books(first_day, last_day, rates, documents, bookings, paying, scale)
    company.journal.extend(books.lines)
    return company


def _paying_customers(
    company: Company,
) -> Iterator[tuple[date, list[subscriptions.Customer]]]:
    """Who pays at the end of each day, in the order in which they began."""
    changes: dict[date, list[tuple[int, subscriptions.Customer]]] = defaultdict(list)
    for one in company.subscriptions:
        if one.ever_paid():
            changes[one.paid_from].append((1, one.customer))
            if one.ended:
                changes[one.ended].append((-1, one.customer))
    active: dict[str, int] = {}
    known: dict[str, subscriptions.Customer] = {}
    for day in days_between(company.first_day, company.last_day):
        for change, customer in changes[day]:
            known[customer.stripe_id] = customer
            active[customer.stripe_id] = active.get(customer.stripe_id, 0) + change
            if not active[customer.stripe_id]:
                del active[customer.stripe_id]
        yield day, [known[stripe_id] for stripe_id in active]


def _tickets(
    company: Company, day: date, paying: list[subscriptions.Customer]
) -> list[support.Ticket]:
    opened = support.tickets_of_day(company.seed, day, paying, len(company.tickets))
    company.responses.extend(answer for _, answer in opened if answer)
    return [ticket for ticket, _ in opened]


def _ad_bookings(company: Company) -> Iterator[AdBooking]:
    """One booking per platform and day of spend, some days later, in euro at the day's rate."""
    for day in days_between(company.first_day, company.last_day):
        for platform, currency in ads.PLATFORM_CURRENCY.items():
            later = Chance(company.seed, "booked", platform, day).randint(2, 5)
            booked_on = day + timedelta(days=later)
            if booked_on > company.last_day:
                continue
            spent = sum(
                (
                    company.rates.to_euro(done.cost, currency, day)
                    for done in company.ad_days(platform, day, day)
                ),
                Decimal(0),
            )
            yield AdBooking(platform, day, booked_on, spent)
