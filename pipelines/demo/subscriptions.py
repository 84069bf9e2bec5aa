"""Customers and what they subscribe to.

Belongs here: when a subscription begins, changes and ends, and how each of its terms is paid.
Does not belong here: documents and entries made of it (`finance.py`, `books.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance, add_months, cents, rounded
from pipelines.demo.crm import Lead
from pipelines.demo.people import Contact, contact

TRIAL_DAYS = 14
ADD_ON = "Analytics Add-on"
# Price of one seat a month in euro, and how many seats are taken.
PLANS: dict[str, tuple[int, tuple[int, int]]] = {
    "Starter": (79, (1, 1)),
    "Team": (25, (3, 12)),
    "Business": (39, (10, 30)),
    "Enterprise": (45, (50, 110)),
    ADD_ON: (119, (1, 1)),
}
NEXT_PLAN = {"Starter": "Team", "Team": "Business", "Business": "Enterprise"}
PLAN_OF_SEGMENT = {
    "SMB": {"Starter": 0.5, "Team": 0.5},
    "Mid-Market": {"Team": 0.2, "Business": 0.8},
    "Enterprise": {"Business": 0.2, "Enterprise": 0.8},
}
CURRENCY_FACTOR = {"EUR": Decimal(1), "GBP": Decimal("0.86"), "USD": Decimal("1.1")}
INTERVALS = {1: 0.56, 3: 0.14, 12: 0.3}
LONG_TERM_FACTOR = {1: Decimal(1), 3: Decimal("0.97"), 12: Decimal("0.85")}
ENDS_AFTER_TERM = {1: 0.034, 3: 0.08, 12: 0.2}
UPGRADES_IN_TERM = {1: 0.012, 3: 0.035, 12: 0.11}
NUMBER_WITHOUT_CRM = 5_000_000
"""Numbers of contacts that no lead has."""


@dataclass(frozen=True)
class Customer:
    """Who pays; `account_id` is missing where sales never met them."""

    stripe_id: str
    account_id: str | None
    contact: Contact
    first_day: date
    takes_trial: bool

    @property
    def key(self) -> str:
        """The customer's identity across sources."""
        return self.account_id or self.stripe_id


@dataclass(frozen=True)
class Term:
    """One paid term of a subscription: its invoice, and how that was paid."""

    number: int
    start: date
    end: date
    net: Decimal
    onboarding: Decimal
    """A one-time service on the first invoice; 0 where there is none."""
    due: date
    failed: date | None
    """A first attempt that was declined."""
    paid: date | None
    """None: never."""
    credited: date | None
    credit: Decimal
    """Net amount of the credit note that is refunded that day."""


@dataclass(frozen=True)
class Subscription:
    """A subscription. What lies after the last simulated day is nobody's business yet."""

    subscription_id: str
    customer: Customer
    plan: str
    quantity: int
    currency: str
    months: int
    unit_amount: Decimal
    created: datetime
    trial_end: date | None
    terms: tuple[Term, ...]
    decided: date | None
    """When the end was decided."""
    ended: date | None
    upgraded: bool

    @property
    def paid_from(self) -> date:
        """The first day that is paid for."""
        return self.trial_end or self.created.date()

    @property
    def monthly_amount(self) -> Decimal:
        """What it is worth a month, in its own currency."""
        return rounded(self.unit_amount * self.quantity / self.months, 6)

    def ever_paid(self) -> bool:
        """Whether it outlived its trial."""
        return self.ended is None or self.ended > self.paid_from

    def is_paid_on(self, day: date) -> bool:
        """Whether it is active and paid for at the end of a day."""
        return self.paid_from <= day and (self.ended is None or self.ended > day)


def customer_of(seed: int, lead: Lead) -> Customer | None:
    """The customer that a lead becomes, if it does."""
    if lead.account is None:
        return None
    chance = Chance(seed, "customer", lead.lead_id)
    stripe_id = chance.token("cus_")
    if lead.deal is not None:
        if not lead.deal.won:
            return None
        begins = lead.deal.closed + timedelta(days=chance.randint(0, 5))
        return Customer(stripe_id, lead.account.account_id, lead.contact, begins, False)
    begins = lead.account.created.date() + timedelta(days=chance.randint(0, 3))
    if not chance.happens(0.78):
        return None
    trial = chance.happens(0.5) and lead.contact.segment == "SMB"
    return Customer(stripe_id, lead.account.account_id, lead.contact, begins, trial)


def customers_without_crm(seed: int, day: date, first_number: int, scale: float) -> list[Customer]:
    """Customers of a day who subscribed on the web site and never were a lead."""
    chance = Chance(seed, "walk-ins", day)
    came = []
    for n in range(chance.count(0.045 * scale)):
        number = NUMBER_WITHOUT_CRM + first_number + n
        own = Chance(seed, "walk-in", number, day)
        came.append(Customer(own.token("cus_"), None, contact(own, number), day, own.happens(0.5)))
    return came


def subscriptions_of(seed: int, customer: Customer, last_day: date) -> list[Subscription]:
    """Everything a customer subscribes to until the last day."""
    made: list[Subscription] = []
    chance = Chance(seed, "subscriptions", customer.stripe_id)
    segment = customer.contact.segment if customer.account_id else "SMB"
    plan = chance.pick(PLAN_OF_SEGMENT[segment])
    months = chance.pick(INTERVALS)
    add_on_after = chance.randint(50, 240) if chance.happens(0.14) else None
    begins, trial, coming = customer.first_day, customer.takes_trial, 0
    while begins <= last_day:
        main = _subscription(seed, customer, coming, plan, months, begins, last_day, trial=trial)
        made.append(main)
        coming, trial = coming + 1, False
        if main.ended is None or main.ended > last_day:
            break
        afterwards = Chance(seed, "afterwards", main.subscription_id)
        if main.upgraded:
            begins, plan = main.ended, NEXT_PLAN[main.plan]
        elif main.ever_paid() and afterwards.happens(0.16):
            begins = main.ended + timedelta(days=afterwards.randint(15, 150))
        else:
            break
    if add_on_after is not None and made[0].ever_paid():
        made += _add_on(seed, customer, made, add_on_after, last_day)
    return made


def _add_on(
    seed: int, customer: Customer, made: list[Subscription], after: int, last_day: date
) -> list[Subscription]:
    """An extra beside the main subscription, which ends with it at the latest."""
    begins = made[0].paid_from + timedelta(days=after)
    chain = made[:1]
    for one in made[1:]:
        if chain[-1].upgraded:
            chain.append(one)
    if begins > last_day or not any(one.is_paid_on(begins) for one in chain):
        return []
    main_end = None if chain[-1].upgraded else chain[-1].ended
    return [
        _subscription(
            seed, customer, 1000, ADD_ON, 1, begins, last_day, trial=False, main_end=main_end
        )
    ]


def _subscription(
    seed: int,
    customer: Customer,
    number: int,
    plan: str,
    months: int,
    begins: date,
    last_day: date,
    *,
    trial: bool,
    main_end: date | None = None,
) -> Subscription:
    chance = Chance(seed, "subscription", customer.stripe_id, number)
    id_ = chance.token("sub_")
    price, (fewest, most) = PLANS[plan]
    # Who comes up from a smaller plan takes few seats at first.
    quantity = chance.randint(fewest, most if number == 0 else (fewest + most) // 2)
    currency = _currency(customer, Chance(seed, "currency", customer.stripe_id))
    factor = CURRENCY_FACTOR[currency] * LONG_TERM_FACTOR[months] * months
    unit_amount = rounded(price * factor, 0).quantize(Decimal("0.01"))
    created = chance.moment(begins)
    trial_end = begins + timedelta(days=TRIAL_DAYS) if trial else None
    decided = ended = None
    upgraded = False
    terms: list[Term] = []
    if trial_end and chance.happens(0.38):
        decided, ended = trial_end - timedelta(days=chance.randint(0, 9)), trial_end
    onboarding = _onboarding(chance, customer, currency, first=number == 0)
    start = trial_end or begins
    while ended is None and start <= last_day:
        end = add_months(trial_end or begins, months * (len(terms) + 1))
        own = Chance(seed, "term", id_, len(terms))
        leaves, rises = own.random(), own.random()
        notice = end - timedelta(days=own.randint(1, min(20, (end - start).days - 1)))
        change = start + timedelta(days=own.randint(4, (end - start).days - 4))
        if plan in NEXT_PLAN and rises < UPGRADES_IN_TERM[months]:
            decided = ended = change
            upgraded = True
        elif leaves < ENDS_AFTER_TERM[months]:
            decided, ended = notice, end
        elif main_end is not None and main_end < end:
            decided, ended = max(main_end, start), end
        term = _term(
            own,
            len(terms),
            (start, end, months),
            unit_amount * quantity,
            onboarding if not terms else Decimal(0),
            upgraded_on=change if upgraded else None,
        )
        terms.append(term)
        if term.paid is None and not upgraded:
            decided = ended = end
        start = end
    return Subscription(
        id_, customer, plan, quantity, currency, months, unit_amount, created, trial_end,
        tuple(terms), decided, ended, upgraded,
    )  # fmt: skip


def _term(
    chance: Chance,
    number: int,
    span: tuple[date, date, int],
    net: Decimal,
    onboarding: Decimal,
    *,
    upgraded_on: date | None,
) -> Term:
    start, end, months = span
    due = start + timedelta(days=7 if months == 1 else 30)
    failed: date | None = None
    paid: date | None = start
    by_card = chance.happens({1: 0.9, 3: 0.5, 12: 0.25}[months])
    if chance.happens(0.007):
        failed, paid = start, None
    elif by_card and chance.happens(0.04):
        failed, paid = start, start + timedelta(days=chance.choice((3, 3, 7)))
    elif not by_card:
        late = chance.happens(0.16)
        paid = (
            due + timedelta(days=chance.randint(2, 48))
            if late
            else start + timedelta(days=chance.randint(2, (due - start).days))
        )
    refunds, days, part = chance.happens(0.012), chance.randint(3, 25), chance.choice((1, 2, 4))
    credited, credit = None, Decimal(0)
    if paid is not None and upgraded_on is not None and paid <= upgraded_on:
        credited = upgraded_on
        credit = cents(net * (end - upgraded_on).days / (end - start).days)
    elif paid is not None and upgraded_on is None and refunds:
        credited, credit = paid + timedelta(days=days), cents(net / part)
    return Term(number, start, end, net, onboarding, due, failed, paid, credited, credit)


def _currency(customer: Customer, chance: Chance) -> str:
    home = {"United Kingdom": "GBP", "United States": "USD", "Canada": "USD"}
    currency = home.get(customer.contact.country, "EUR")
    return currency if chance.happens(0.85) else "EUR"


def _onboarding(chance: Chance, customer: Customer, currency: str, *, first: bool) -> Decimal:
    price = {"SMB": 0, "Mid-Market": 900, "Enterprise": 4_500}[customer.contact.segment]
    bought = chance.happens(0.55) and customer.account_id is not None
    if not (first and bought and price):
        return Decimal(0)
    return rounded(price * CURRENCY_FACTOR[currency], 0).quantize(Decimal("0.01"))
