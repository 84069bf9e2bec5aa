"""What is true of the example company's cash and debts, from the entries of its books."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from pipelines.demo.books import CHART, JournalLine
from pipelines.demo.by_month import NOTHING, ByMonth, Sums, ratio
from pipelines.demo.company import Company

CURRENT = {
    "cash", "receivable", "inventory", "other_current_asset", "payable", "other_current_liability",
}  # fmt: skip


def cash_kpis(
    company: Company, months: list[tuple[str, date]], invoiced: Sums
) -> dict[str, ByMonth]:
    """What the running business earned in cash, what is owed, and how long it takes."""
    euro = company.rates.to_euro

    def credit(line: JournalLine) -> Decimal:
        credited = euro(line.credit, line.currency, line.posted)
        return credited - euro(line.debit, line.currency, line.posted)

    journals = defaultdict[str, list[JournalLine]](list)
    owed, working = Sums(), Sums()
    for line in company.journal:
        journals[line.journal_id].append(line)
        if CHART[line.account_id].account_class == "receivable":
            owed.add(line.posted, -credit(line))
        if CHART[line.account_id].account_class in CURRENT:
            working.add(line.posted, -credit(line))
    operating = Sums()
    for lines in journals.values():
        other = [line for line in lines if CHART[line.account_id].account_class != "cash"]
        if len(other) == len(lines):
            continue
        for line in other:
            if CHART[line.account_id].cash_flow == "operating":
                operating.add(line.posted, credit(line))
    made: dict[str, ByMonth] = defaultdict(dict)
    receivable, capital = NOTHING, NOTHING
    for month, end in months:
        receivable += owed[month]
        capital += working[month]
        made["operating_cash_flow"][month] = operating[month]
        made["accounts_receivable"][month] = receivable
        made["working_capital"][month] = capital
        made["dso"][month] = ratio(receivable * end.day, invoiced[month])
    return made
