"""What is true of the example company's recurring revenue: how it moves, and what is left of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.by_month import NOTHING, ByMonth, ratio
from pipelines.demo.chance import add_months
from pipelines.demo.company import Company

KINDS = ("new", "expansion", "contraction", "churned", "reactivation")
ONE_DAY = timedelta(days=1)


class Recurring:
    """The monthly value of each customer on any day, from the subscriptions themselves."""

    def __init__(self, company: Company, months: list[tuple[str, date]]) -> None:
        self.months = months
        self.terms = defaultdict[str, list[tuple[date, date | None, Decimal]]](list)
        for one in company.subscriptions:
            if one.ever_paid():
                worth = company.rates.to_euro(one.monthly_amount, one.currency, one.paid_from)
                self.terms[one.customer.key].append((one.paid_from, one.ended, worth))

    def kpis(self) -> dict[str, ByMonth]:
        """The movements, and what is left after a year."""
        made: dict[str, ByMonth] = {f"{kind}_mrr": {} for kind in KINDS}
        made |= {"nrr": {}, "grr": {}}
        for month, end in self.months:
            moved = self._moved(end.replace(day=1), end)
            for kind in KINDS:
                made[f"{kind}_mrr"][month] = moved[kind]
            # Twelve months up to a day begin on the day after it, a year before.
            then = self._on(add_months(end + ONE_DAY, -12) - ONE_DAY)
            now = self._on(end)
            had = sum(then.values(), NOTHING)
            kept = sum((now[who] for who in then), NOTHING)
            capped = sum((min(now[who], had_then) for who, had_then in then.items()), NOTHING)
            made["nrr"][month], made["grr"][month] = ratio(kept, had), ratio(capped, had)
        return made

    def _on(self, day: date) -> dict[str, Decimal]:
        worth = defaultdict[str, Decimal](Decimal)
        for who, terms in self.terms.items():
            for begin, end, amount in terms:
                if begin <= day and (end is None or end > day):
                    worth[who] += amount
        return worth

    def _moved(self, first: date, end: date) -> dict[str, Decimal]:
        before, after = self._on(first - ONE_DAY), self._on(end)
        moved = dict.fromkeys(KINDS, NOTHING)
        for who in before.keys() | after.keys():
            had, has = before.get(who, NOTHING), after.get(who, NOTHING)
            if not had:
                ever = any(begin < first for begin, _, _ in self.terms[who])
                kind = "reactivation" if ever else "new"
            elif not has:
                kind = "churned"
            else:
                kind = "expansion" if has > had else "contraction"
            moved[kind] += has - had
        return moved
