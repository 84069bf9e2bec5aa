"""The exports of billing and of the general ledger, by this project's own templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pipelines.demo.books import CHART, JournalLine
from pipelines.demo.company import Company
from pipelines.demo.dirt import Dirt
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.finance import InvoiceLine

BILLING, LEDGER = "billing", "ledger"
INVOICE_HEADER = header(
    "invoice_line_id invoice_id document_kind issue_date due_date customer_id product region "
    "currency_code net_amount tax_amount"
)
JOURNAL_HEADER = header(
    "line_id journal_id posting_date account_id debit credit currency description counterparty "
    "region"
)
CHART_HEADER = header("account_id account_name account_class account_function cash_flow_class")


def billing(company: Company, schedule: Schedule, dirt: Dirt) -> Iterator[Export]:
    """Lines of invoices and credit notes: the history once, then the trailing week daily."""
    for first, last in schedule.changes():
        rows = [
            _invoice_line(line) for line in company.documents.lines if first <= line.issued <= last
        ]
        if rows:
            name = f"invoice-lines {last}.csv"
            text = csv_text([INVOICE_HEADER, *rows])
            text = dirt.row_too_long(
                f"{BILLING}/{name}", last, text, INVOICE_HEADER.index("product")
            )
            yield Export(BILLING, name, evening_of(last), text.encode(), len(rows))


def ledger(company: Company, schedule: Schedule) -> Iterator[Export]:
    """The chart of accounts once; journal lines by month, then by day."""
    chart = [
        [number, account.name, account.account_class, account.function, account.cash_flow]
        for number, account in CHART.items()
    ]
    set_up = schedule.history_end or schedule.first_day
    text = csv_text([CHART_HEADER, *chart])
    name = f"chart-of-accounts {set_up}.csv"
    yield Export(LEDGER, name, evening_of(set_up), text.encode(), len(chart))
    lines: dict[date, list[JournalLine]] = defaultdict(list)
    for line in company.journal:
        lines[line.posted].append(line)
    spans = schedule.months + [(day, day) for day in schedule.daily]
    for first, last in spans:
        rows = [
            _journal_line(line)
            for day in sorted(lines)
            if first <= day <= last
            for line in lines[day]
        ]
        if rows:
            content = csv_text([JOURNAL_HEADER, *rows]).encode()
            yield Export(LEDGER, f"journal-lines {last}.csv", evening_of(last), content, len(rows))


def _invoice_line(line: InvoiceLine) -> Row:
    return [
        line.line_id,
        line.invoice_id,
        line.kind,
        line.issued.isoformat(),
        line.due.isoformat(),
        line.customer.key,
        line.product,
        line.customer.contact.region,
        line.currency,
        f"{line.net:.2f}",
        f"{line.tax:.2f}",
    ]


def _journal_line(line: JournalLine) -> Row:
    return [
        line.line_id,
        line.journal_id,
        line.posted.isoformat(),
        line.account_id,
        _amount(line.debit),
        _amount(line.credit),
        line.currency,
        line.description,
        line.counterparty,
        line.region,
    ]


def _amount(value: Decimal) -> str:
    """At least two digits after the point, at most six, nothing for 0."""
    if not value:
        return ""
    whole, fraction = f"{value:.6f}".split(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
