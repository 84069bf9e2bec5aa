"""What the example company plans and knows of its market, and what its sales cost.

Belongs here: budgets, the size of the market and the cost of a sale. Does not belong here: the
exports' columns (`exports/planning.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.demo.chance import add_months, cents, rounded
from pipelines.demo.finance import ONBOARDING, InvoiceLine

BUDGETS = {
    "income": ("3500", "7200"),
    "expense": ("60000", "900"),
    "sales_marketing": ("21000", "1300"),
    "advertising": ("9500", "700"),
}
"""Of the first month, and what is added each month; in euro."""
MARKET_CUSTOMERS, MARKET_REVENUE = (8200, 35), (2_400_000, 31_000)
SHARE_OF_COST, SHARE_OF_ONBOARDING = Decimal("0.22"), Decimal("0.55")
UNKNOWN_COST = 17
"""Of every so many invoices, nobody wrote down what one cost."""
REVISED, REVISED_FROM = Decimal("1.08"), 6


@dataclass(frozen=True)
class Budget:
    """A version of one group's budget for one month."""

    account_group: str
    month: date
    amount: Decimal
    version: int
    valid_from: date | None


def budgets(first_day: date, last_day: date) -> Iterator[Budget]:
    """Every month to the end of next year; expenses were revised, and will be once more."""
    for number, month in enumerate(_months(first_day, last_day)):
        for group, (begin, step) in BUDGETS.items():
            amount = Decimal(begin) + Decimal(step) * number
            yield Budget(group, month, amount, 1, None)
            if group == "expense" and number >= REVISED_FROM:
                revised = rounded(amount * REVISED, 2)
                yield Budget(group, month, revised, 2, first_day)
                yield Budget(group, month, Decimal(1), 3, add_months(last_day, 24))


def budgets_in_force(first_day: date, last_day: date) -> dict[tuple[str, str], Decimal]:
    """By group and month, the amount of the highest version that holds on the last day."""
    found: dict[tuple[str, str], Decimal] = {}
    for budget in budgets(first_day, last_day):
        if budget.valid_from is None or budget.valid_from <= last_day:
            found[budget.account_group, f"{budget.month:%Y-%m}"] = budget.amount
    return found


def market(first_day: date, last_day: date) -> Iterator[tuple[date, int, Decimal]]:
    """Of every month: who could buy, and what all suppliers earn, in euro."""
    for number, month in enumerate(_months(first_day, last_day)):
        customers = MARKET_CUSTOMERS[0] + MARKET_CUSTOMERS[1] * number
        yield month, customers, Decimal(MARKET_REVENUE[0] + MARKET_REVENUE[1] * number)


def cost_of(line: InvoiceLine) -> Decimal | None:
    """What the line cost us, in its currency; None where nobody wrote it down."""
    if line.net < 0:
        return Decimal(0)
    if int("".join(filter(str.isdigit, line.invoice_id))) % UNKNOWN_COST == 0:
        return None
    return cents(line.net * (SHARE_OF_ONBOARDING if line.product == ONBOARDING else SHARE_OF_COST))


def _months(first_day: date, last_day: date) -> Iterator[date]:
    month = first_day.replace(day=1)
    while month.year <= last_day.year + 1:
        yield month
        month = add_months(month, 1)
