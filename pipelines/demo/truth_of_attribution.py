"""What is true of how the example company's won deals came about, and what its ads brought.

Belongs here: each attribution model by its plain words, from what happened. Nothing of the pipeline
is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.demo.by_month import NOTHING, ByMonth, Sums, ratio
from pipelines.demo.company import Company
from pipelines.demo.crm import Deal, Lead

PAID = {
    # How a lead came, or what kind of campaign it responded to; and the ads' channel.
    "Paid Search": "search",
    "Paid Social": "social",
    "Display Ads": "display",
    "Video Ads": "video",
    "Banner Ads": "display",
}
MILLIONTH = Decimal("0.000001")
DEFAULT = "linear"
Touches = list[str]
Model = Callable[[Decimal, Touches], list[tuple[str, Decimal]]]


def first_touch(amount: Decimal, touches: Touches) -> list[tuple[str, Decimal]]:
    """All to how the company was first met."""
    return [(touches[0], amount)]


def last_touch(amount: Decimal, touches: Touches) -> list[tuple[str, Decimal]]:
    """All to the last meeting before it bought."""
    return [(touches[-1], amount)]


def linear(amount: Decimal, touches: Touches) -> list[tuple[str, Decimal]]:
    """To each meeting the same, to six digits; what that leaves over or lacks, the first carry."""
    units = int(amount / MILLIONTH)
    each = (2 * units + len(touches)) // (2 * len(touches))
    over = units - each * len(touches)
    step = 1 if over > 0 else -1
    return [
        (touch, (each + (step if place < abs(over) else 0)) * MILLIONTH)
        for place, touch in enumerate(touches)
    ]


MODELS: dict[str, Model] = {"first_touch": first_touch, "last_touch": last_touch, "linear": linear}


@dataclass(frozen=True)
class Attribution:
    """Won amounts by month: of each model, given to paid channels and to anything at all."""

    paid: dict[str, dict[str, Sums]]
    """By model and channel."""
    given: dict[str, Sums]

    def kpis(self, months: list[str], ads: Sums, marketing: Sums) -> dict[str, ByMonth]:
        """What ads and marketing brought for what they cost, by the model that is the default."""
        won = self.given[DEFAULT]
        return {
            "roas_attributed": self._roas(DEFAULT, months, ads),
            "marketing_roi": {
                month: ratio(won[month] - marketing[month], marketing[month]) for month in months
            },
        }

    def slices(
        self, months: list[str], by_channel: Mapping[str, Sums], ads: Sums
    ) -> dict[str, dict[str, ByMonth]]:
        """What ads brought by each model, and by channel."""
        return {
            "attribution_model": {model: self._roas(model, months, ads) for model in MODELS},
            "channel": {
                channel: {month: ratio(won[month], by_channel[channel][month]) for month in months}
                for channel, won in self.paid[DEFAULT].items()
                if channel in by_channel
            },
        }

    def _roas(self, model: str, months: list[str], spent: Sums) -> ByMonth:
        won = {
            month: sum((sums[month] for sums in self.paid[model].values()), NOTHING)
            for month in months
        }
        return {month: ratio(won[month], spent[month]) for month in months}


def attribution(company: Company) -> Attribution:
    """Give every won deal's amount to how its company was met until the day it was won."""
    paid: dict[str, dict[str, Sums]] = {one: defaultdict(Sums) for one in MODELS}
    given = {one: Sums() for one in MODELS}
    met = _met(company)
    for deal, amount in _won(company):
        touches = [how for day, _, how in met[deal.account_id] if day <= deal.closed]
        for name, model in MODELS.items():
            for how, part in model(amount, touches) if touches else ():
                given[name].add(deal.closed, part)
                if how in PAID:
                    paid[name][PAID[how]].add(deal.closed, part)
    return Attribution(paid, given)


def _won(company: Company) -> Iterator[tuple[Deal, Decimal]]:
    """Won deals and their euro; one that is gone from the CRM counts no more."""
    last = company.last_day
    for deal in company.deals:
        amount = deal.amount_on(last)
        gone = deal.deleted is not None and deal.deleted <= last
        if deal.won and deal.closed <= last and amount is not None and not gone:
            yield deal, company.rates.to_euro(amount, deal.currency, deal.closed)


def _met(company: Company) -> dict[str, list[tuple[date, str, str]]]:
    """By account, when and how it was met, in that order; of a day, by the CRM's numbers."""
    met: dict[str, list[tuple[date, str, str]]] = defaultdict(list)
    for lead in company.leads:
        account = _account(lead, company.last_day)
        if account and lead.source:
            met[account].append((lead.created.date(), f"lead {lead.lead_id}", lead.source))
    for member in company.members:
        account = _account(member.lead, company.last_day)
        if account and member.responded and member.responded <= company.last_day:
            touch = (member.responded, f"campaign {member.member_id}", member.campaign.kind.type)
            met[account].append(touch)
    for touches in met.values():
        touches.sort()
    return met


def _account(lead: Lead, last_day: date) -> str | None:
    """The account that a lead has become, of what the CRM still shows."""
    gone = lead.deleted is not None and lead.deleted <= last_day
    if lead.account is None or lead.converted is None or lead.converted > last_day or gone:
        return None
    return lead.account.account_id
