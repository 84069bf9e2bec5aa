"""The exports of Stripe's dashboard: every subscription, and the payments that changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pipelines.demo.chance import add_months
from pipelines.demo.company import Company
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.finance import Payment
from pipelines.demo.subscriptions import Subscription

SOURCE = "stripe"
SUBSCRIPTION_HEADER = [
    "id",
    "Customer ID",
    "Customer Email",
    "Plan",
    "Quantity",
    "Currency",
    "Interval",
    "Interval Count",
    "Amount",
    "Status",
    "Created (UTC)",
    "Start Date (UTC)",
    "Current Period Start (UTC)",
    "Current Period End (UTC)",
    "Trial Start (UTC)",
    "Trial End (UTC)",
    "Canceled At (UTC)",
    "Ended At (UTC)",
    "salesforce_account_id (metadata)",
]
PAYMENT_HEADER = [
    "id",
    "Created date (UTC)",
    "Amount",
    "Amount Refunded",
    "Currency",
    "Description",
    "Fee",
    "Status",
    "Customer ID",
    "Customer Email",
    "Invoice ID",
]
PAST_DUE_AFTER = timedelta(days=5)


def stripe(company: Company, schedule: Schedule) -> Iterator[Export]:
    """Subscriptions whole at each quarter's end and daily; payments by change."""
    for day in [*schedule.quarter_ends, *schedule.daily]:
        rows = [_subscription(one, day) for one in company.subscriptions if _known(one, day)]
        yield from _export(f"subscriptions {day}.csv", SUBSCRIPTION_HEADER, rows, day)
    for first, last in schedule.changes():
        rows = [
            _payment(payment, last)
            for payment in company.documents.payments
            if first <= payment.created <= last
            or (payment.refunded is not None and first <= payment.refunded <= last)
        ]
        yield from _export(f"payments {last}.csv", PAYMENT_HEADER, rows, last)


def _export(name: str, header: Row, rows: list[Row], day: date) -> Iterator[Export]:
    if rows:
        yield Export(SOURCE, name, evening_of(day), csv_text([header, *rows]).encode(), len(rows))


def _known(one: Subscription, day: date) -> bool:
    return one.created.date() <= day


def _subscription(one: Subscription, day: date) -> Row:
    clock = one.created.time()

    def by_now(when: date | None) -> str:
        return _moment(when, clock) if when and when <= day else ""

    ended = bool(by_now(one.ended))
    on_trial = one.trial_end is not None and day < one.trial_end
    start, end = _period(one, day)
    return [
        one.subscription_id,
        one.customer.stripe_id,
        one.customer.contact.email,
        one.plan,
        str(one.quantity),
        one.currency.lower(),
        "year" if one.months == 12 else "month",  # noqa: PLR2004  (months of a year)
        "1" if one.months == 12 else str(one.months),  # noqa: PLR2004
        f"{one.unit_amount:.2f}",
        "canceled" if ended else "trialing" if on_trial else _paying_status(one, day),
        _moment(one.created.date(), clock),
        _moment(one.created.date(), clock),
        _moment(start, clock),
        _moment(end, clock),
        _moment(one.created.date(), clock) if one.trial_end else "",
        _moment(one.trial_end, clock) if one.trial_end else "",
        by_now(one.decided),
        by_now(one.ended),
        one.customer.account_id or "",
    ]


def _period(one: Subscription, day: date) -> tuple[date, date]:
    """The current term; for an ended subscription the last one."""
    begun = [term for term in one.terms if term.start <= day]
    if begun:
        return begun[-1].start, begun[-1].end
    begins = one.created.date()
    return begins, one.trial_end or add_months(begins, one.months)


def _paying_status(one: Subscription, day: date) -> str:
    owed = any(
        term.due + PAST_DUE_AFTER <= day and (term.paid is None or term.paid > day)
        for term in one.terms
        if term.start <= day
    )
    return "past_due" if owed else "active"


def _payment(payment: Payment, day: date) -> Row:
    refunded = payment.refunded is not None and payment.refunded <= day
    clock = time(payment.minute // 60, payment.minute % 60)
    return [
        payment.payment_id,
        _moment(payment.created, clock),
        f"{payment.amount:.2f}",
        f"{payment.refunded_amount:.2f}" if refunded else "0.00",
        payment.currency.lower(),
        f"Invoice {payment.invoice_id}",
        f"{payment.fee:.2f}",
        payment.status_on(day),
        payment.customer.stripe_id,
        payment.customer.contact.email,
        payment.invoice_id,
    ]


def _moment(day: date, clock: time) -> str:
    return f"{datetime.combine(day, clock):%Y-%m-%d %H:%M}"
