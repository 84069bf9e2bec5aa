"""The exports of budgets, of the market's size and of orders, by this project's own templates."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.demo.company import Company
from pipelines.demo.exports.files import Export, Row, csv_text, evening_of, header
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.finance import CREDIT_NOTE, InvoiceLine
from pipelines.demo.planning import budgets, cost_of, market

BUDGET_HEADER = header(
    "account_group grain period_start region channel budget_amount currency_code version valid_from"
)
MARKET_HEADER = header(
    "grain period_start region addressable_customers market_revenue_amount currency_code "
    "publication"
)
ORDER_HEADER = header(
    "order_line_id order_id line_kind order_date customer_id invoice_id product region channel "
    "quantity net_amount unit_cost_amount currency_code"
)


def planning(company: Company, schedule: Schedule) -> Iterator[Export]:
    """Plans and the market once; orders with their history once, then the trailing week daily."""
    day = schedule.history_end or schedule.first_day
    plans = [
        [
            plan.account_group, "month", plan.month.isoformat(), "", "", f"{plan.amount}", "EUR",
            str(plan.version), plan.valid_from.isoformat() if plan.valid_from else "",
        ]
        for plan in budgets(schedule.first_day, schedule.until)
    ]  # fmt: skip
    sizes = [
        ["month", month.isoformat(), "", str(customers), f"{revenue}", "EUR", "Branch statistics"]
        for month, customers, revenue in market(schedule.first_day, schedule.until)
    ]
    for source, columns, rows in (
        ("budgets", BUDGET_HEADER, plans),
        ("market_size", MARKET_HEADER, sizes),
    ):
        text = csv_text([columns, *rows])
        yield Export(source, f"{source} {day}.csv", evening_of(day), text.encode(), len(rows))
    for first, last in schedule.changes():
        lines = [line for line in company.documents.lines if first <= line.issued <= last]
        if lines:
            text = csv_text([ORDER_HEADER, *map(_order_line, lines)])
            name = f"order-lines {last}.csv"
            yield Export("order_lines", name, evening_of(last), text.encode(), len(lines))


def _order_line(line: InvoiceLine) -> Row:
    cost = cost_of(line)
    return [
        f"O-{line.line_id}",
        f"O-{line.invoice_id}",
        "return" if line.kind == CREDIT_NOTE else "sale",
        line.issued.isoformat(),
        line.customer.key,
        line.invoice_id,
        line.product,
        line.customer.contact.region,
        "web",
        "1",
        f"{abs(line.net):.2f}",
        "" if cost is None else f"{cost:.2f}",
        line.currency,
    ]
