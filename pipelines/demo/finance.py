"""Invoices, credit notes and payments, made of the terms of subscriptions.

Belongs here: documents and their numbers, tax and fees. Does not belong here: the entries in the
books (`books.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.chance import Chance, cents
from pipelines.demo.rates import Rates
from pipelines.demo.subscriptions import Customer, Subscription, Term

DOMESTIC, VAT = "Germany", Decimal("0.19")
WRITTEN_OFF_AFTER = timedelta(days=90)
INVOICE, CREDIT_NOTE = "invoice", "credit_note"
ONBOARDING = "Onboarding"
PAID, REFUNDED, PARTLY, FAILED = "Paid", "Refunded", "Partial Refund", "Failed"


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice or a credit note; a credit note's amounts are negative."""

    line_id: str
    invoice_id: str
    kind: str
    issued: date
    due: date
    customer: Customer
    product: str
    currency: str
    net: Decimal
    tax: Decimal
    months: int
    """Over how many months the revenue is earned; 1: at once."""

    @property
    def gross(self) -> Decimal:
        """What is owed."""
        return self.net + self.tax


@dataclass(frozen=True)
class Payment:
    """An attempt to pay an invoice."""

    payment_id: str
    created: date
    minute: int
    customer: Customer
    invoice_id: str
    currency: str
    amount: Decimal
    fee: Decimal
    """In euro, the currency of our account."""
    failed: bool
    refunded: date | None
    refunded_amount: Decimal

    def status_on(self, day: date) -> str:
        """What the vendor says of it at the end of a day."""
        if self.failed:
            return FAILED
        if self.refunded is None or self.refunded > day:
            return PAID
        return REFUNDED if self.refunded_amount == self.amount else PARTLY


@dataclass
class Documents:
    """Everything billed and paid until the last day, in order of day."""

    lines: list[InvoiceLine]
    payments: list[Payment]
    written_off: list[tuple[date, list[InvoiceLine]]]


@dataclass(frozen=True)
class _Event:
    day: date
    rank: int
    subscription: Subscription
    term: Term


def documents(
    seed: int, subscriptions: list[Subscription], rates: Rates, last_day: date
) -> Documents:
    """Bill and pay every term until the last day; numbers follow the day of issue."""
    made = Documents([], [], [])
    events = [
        _Event(day, rank, one, term)
        for one in subscriptions
        for term in one.terms
        for rank, day in ((0, term.start), (1, term.credited))
        if day is not None and day <= last_day
    ]
    events.sort(key=lambda e: (e.day, e.rank, e.subscription.subscription_id, e.term.number))
    numbers: dict[tuple[int, int], int] = {}
    for event in events:
        place = (event.day.year, event.rank)
        numbers[place] = numbers.get(place, 0) + 1
        document = f"{'INV' if event.rank == 0 else 'CN'}-{event.day.year}-{numbers[place]:05d}"
        if event.rank == 1:
            made.lines.append(_line(event, document, 1, CREDIT_NOTE, -event.term.credit))
            continue
        lines = [_line(event, document, 1, INVOICE, event.term.net)]
        if event.term.onboarding:
            lines.append(_line(event, document, 2, INVOICE, event.term.onboarding))
        made.lines += lines
        made.payments += _payments(seed, event, lines, rates, last_day)
        lost_on = event.term.due + WRITTEN_OFF_AFTER
        if event.term.paid is None and lost_on <= last_day:
            made.written_off.append((lost_on, lines))
    made.payments.sort(key=lambda payment: (payment.created, payment.payment_id))
    return made


def _line(event: _Event, document: str, number: int, kind: str, net: Decimal) -> InvoiceLine:
    one = event.subscription
    taxed = one.customer.contact.country == DOMESTIC
    service = number > 1
    return InvoiceLine(
        line_id=f"{document}-{number}",
        invoice_id=document,
        kind=kind,
        issued=event.day,
        due=event.term.due if kind == INVOICE else event.day,
        customer=one.customer,
        product=ONBOARDING if service else one.plan,
        currency=one.currency,
        net=net,
        tax=cents(net * VAT) if taxed else Decimal("0.00"),
        months=1 if service or kind == CREDIT_NOTE else one.months,
    )


def _payments(
    seed: int, event: _Event, lines: list[InvoiceLine], rates: Rates, last_day: date
) -> list[Payment]:
    one, term = event.subscription, event.term
    chance = Chance(seed, "payment", one.subscription_id, term.number)
    amount = sum((line.gross for line in lines), Decimal(0))
    credit = term.credit
    if one.customer.contact.country == DOMESTIC:
        credit += cents(credit * VAT)
    made = []
    for day, failed in ((term.failed, True), (term.paid, False)):
        payment_id, minute = chance.token("ch_3", 20), chance.randint(0, 1439)
        if day is None or day > last_day:
            continue
        fee = cents(rates.to_euro(amount, one.currency, day) * Decimal("0.014") + Decimal("0.25"))
        made.append(
            Payment(
                payment_id=payment_id,
                created=day,
                minute=minute,
                customer=one.customer,
                invoice_id=lines[0].invoice_id,
                currency=one.currency,
                amount=amount,
                fee=Decimal("0.00") if failed else fee,
                failed=failed,
                refunded=None if failed else term.credited,
                refunded_amount=Decimal("0.00") if failed else credit,
            )
        )
    return made
