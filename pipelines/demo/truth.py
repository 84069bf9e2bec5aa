"""What the example company's figures really are, from what happened and not from any export.

Belongs here: each KPI per month by its plain definition, in Decimal. Nothing of the pipeline is
used, so that the two can be held against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import dropwhile, pairwise

from pipelines.demo.ads import PLATFORM_CURRENCY
from pipelines.demo.books import CHART, SALES_MARKETING
from pipelines.demo.by_month import NOTHING, ByMonth, Sums, month_of, ratio
from pipelines.demo.chance import add_months, days_between, month_end, rounded
from pipelines.demo.company import Company
from pipelines.demo.exports.schedule import Schedule
from pipelines.demo.truth_of_attribution import attribution
from pipelines.demo.truth_of_cash import cash_kpis
from pipelines.demo.truth_of_deals import deal_kpis
from pipelines.demo.truth_of_plans import plan_kpis
from pipelines.demo.truth_of_recurring import Recurring
from pipelines.demo.truth_of_tickets import ticket_kpis
from pipelines.demo.truth_of_value import Basis, buying_kpis, value_kpis

AD_KPIS = (
    "impressions", "clicks", "video_views", "video_view_rate", "ad_spend", "ctr", "cpc", "cpm",
    "cvr", "cpa", "roas", "ad_conversions", "ad_conversion_value",
)  # fmt: skip


def truth(
    company: Company, schedule: Schedule, planted: list[dict[str, object]]
) -> dict[str, object]:
    """Every KPI of every month touched, the slices that are checked, and what was planted."""
    figures = Figures(company, schedule)
    return {
        "until": schedule.last_day.isoformat(),
        "kpis": {kpi: _written(values) for kpi, values in sorted(figures.kpis().items())},
        "slices": {
            kpi: {
                slice_: {value: _written(months) for value, months in sorted(values.items())}
                for slice_, values in sorted(slices.items())
            }
            for kpi, slices in sorted(figures.slices().items())
        },
        "planted": planted,
    }


def _written(values: ByMonth) -> dict[str, str | None]:
    return {
        month: None if value is None else f"{rounded(value, 6):f}"
        for month, value in values.items()
    }


class Figures:
    """The company's figures by month."""

    def __init__(self, company: Company, schedule: Schedule) -> None:
        self.company, self.last_day = company, company.last_day
        self.months: list[tuple[str, date]] = []
        month = company.first_day.replace(day=1)
        while month <= company.last_day:
            self.months.append((month_of(month), min(month_end(month), company.last_day)))
            month = add_months(month, 1)
        self.paying = self._paying()
        self.earned = self._earned()
        self.ads = self._ads(schedule)
        self.attributed = attribution(company)
        self.subscribed = [one for one in company.subscriptions if one.ever_paid()]

    def kpis(self) -> dict[str, ByMonth]:
        """Every KPI by month."""
        made = {**self._ledger(), **self._customers(), **self._sales(), **self._support()}
        made |= self._ad_kpis(lambda _: True)
        made["invoiced_revenue"] = self._flow(self._invoiced())
        made["sales_growth"] = self._growth(self._invoiced())
        made["mrr"] = self._mrr(None)
        made["arr"] = {
            month: None if value is None else value * 12 for month, value in made["mrr"].items()
        }
        spent, new = self._acquisition_cost(), self._new_customers()
        made["cac"] = {month: ratio(spent[month], new[month]) for month, _ in self.months}
        ad_spend, leads = self._ad_sums(lambda _: True)["ad_spend"], made["leads"]
        made["cost_per_lead"] = {
            month: ratio(ad_spend[month], leads[month] or NOTHING) for month, _ in self.months
        }
        return made | self._of_subjects(spent, new)

    def _of_subjects(self, spent: Sums, new: Sums) -> dict[str, ByMonth]:
        """The KPIs of modules of their own."""
        revenue, invoiced = self.earned["income"], self._invoiced()
        names = [month for month, _ in self.months]
        sold = {month: -self.earned["cost_of_sales"][month] for month in names}
        basis = Basis(names, revenue, sold, spent, new, self.paying)
        operating = Sums()
        _add_all(operating, ((month, -self.earned["expense"][month]) for month in names))
        return {
            **Recurring(self.company, self.months).kpis(),
            **value_kpis(basis),
            **buying_kpis(self.company, names, self._first_paid()),
            **cash_kpis(self.company, self.months, invoiced),
            **deal_kpis(self.company, self.months),
            **self._plans()[0],
            **self.attributed.kpis(names, self._ad_sums(lambda _: True)["ad_spend"], spent),
            "revenue_growth": self._growth(revenue),
            "efficiency_ratio": self._ratio(operating, revenue),
        }

    def _plans(self) -> tuple[dict[str, ByMonth], dict[str, ByMonth]]:
        names = [month for month, _ in self.months]
        spent = self._ad_sums(lambda _: True)["ad_spend"]
        return plan_kpis(self.company, names, spent, self.earned["income"], self.paying)

    def slices(self) -> dict[str, dict[str, dict[str, ByMonth]]]:
        """Advertising by channel and platform; MRR by plan; budgets by group of accounts."""

        def sliced(number: int, value: str) -> dict[str, ByMonth]:
            return self._ad_kpis(lambda key: key[number] == value)

        made: dict[str, dict[str, dict[str, ByMonth]]] = {
            kpi: {"channel": {}, "platform": {}} for kpi in AD_KPIS
        }
        for number, slice_ in enumerate(("channel", "platform")):
            for value in sorted({key[number] for key, _ in self.ads}):
                for kpi, months in sliced(number, value).items():
                    made[kpi][slice_][value] = months
        plans = sorted({one.plan for one in self.subscribed})
        # Sparse, as slices are: nothing is said of a plan before anyone took it.
        made["mrr"] = {"plan": {plan: _from_first(self._mrr(plan)) for plan in plans}}
        made["budget_variance"] = {"account_group": self._plans()[1]}
        of_channel = {
            channel: self._ad_sums(partial(_is_of, channel))["ad_spend"]
            for channel in sorted({key[0] for key, _ in self.ads})
        }
        total = self._ad_sums(lambda _: True)["ad_spend"]
        names = [month for month, _ in self.months]
        made["roas_attributed"] = self.attributed.slices(names, of_channel, total)
        return made

    def _flow(self, sums: Sums) -> ByMonth:
        return {month: sums[month] for month, _ in self.months}

    def _ratio(self, numerator: Sums, denominator: Sums) -> ByMonth:
        return {month: ratio(numerator[month], denominator[month]) for month, _ in self.months}

    def _growth(self, sums: Sums) -> ByMonth:
        names = [month for month, _ in self.months]
        grown: ByMonth = {names[0]: None}
        for before, month in pairwise(names):
            grown[month] = ratio(sums[month] - sums[before], sums[before])
        return grown

    def _earned(self) -> dict[str, Sums]:
        """Credit less debit of each class of accounts."""
        earned: dict[str, Sums] = defaultdict(Sums)
        euro = self.company.rates.to_euro
        for line in self.company.journal:
            amount = euro(line.credit, line.currency, line.posted)
            amount -= euro(line.debit, line.currency, line.posted)
            earned[CHART[line.account_id].account_class].add(line.posted, amount)
        return earned

    def _ledger(self) -> dict[str, ByMonth]:
        earned = self.earned
        made: dict[str, ByMonth] = defaultdict(dict)
        for month, _ in self.months:
            part = {name: sums[month] for name, sums in earned.items()}
            revenue = part.get("income", NOTHING)
            sold = -part.get("cost_of_sales", NOTHING)
            cost = sold - part.get("expense", NOTHING)
            ebitda = revenue + part.get("other_income", NOTHING) - cost
            profit = ebitda + sum(
                part.get(name, NOTHING)
                for name in ("depreciation", "amortisation", "interest", "income_tax")
            )
            made["revenue"][month] = revenue
            made["cost"][month] = cost
            made["gross_margin"][month] = ratio(revenue - sold, revenue)
            made["ebitda"][month] = ebitda
            made["profit"][month] = profit
            made["net_profit_margin"][month] = ratio(profit, revenue)
            made["cash_flow"][month] = -part.get("cash", NOTHING)
        return made

    def _acquisition_cost(self) -> Sums:
        """What sales and marketing cost by the books; ad spend where these have nothing."""
        booked, euro = Sums(), self.company.rates.to_euro
        for line in self.company.journal:
            if CHART[line.account_id].function == SALES_MARKETING:
                booked.add(line.posted, euro(line.debit, line.currency, line.posted))
                booked.add(line.posted, -euro(line.credit, line.currency, line.posted))
        spent = self._ad_sums(lambda _: True)["ad_spend"]
        for month, _ in self.months:
            if month not in booked:
                booked[month] = spent[month]
        return booked

    def _invoiced(self) -> Sums:
        sums = Sums()
        for line in self.company.documents.lines:
            sums.add(line.issued, self.company.rates.to_euro(line.net, line.currency, line.issued))
        return sums

    def _mrr(self, plan: str | None) -> ByMonth:
        euro = self.company.rates.to_euro
        worth = [
            (one, euro(one.monthly_amount, one.currency, one.paid_from))
            for one in self.subscribed
            if plan is None or one.plan == plan
        ]
        return {
            month: sum((amount for one, amount in worth if one.is_paid_on(end)), NOTHING)
            for month, end in self.months
        }

    def _paying(self) -> dict[str, set[str]]:
        return {
            month: {
                one.customer.key
                for one in self.company.subscriptions
                if one.ever_paid() and one.is_paid_on(end)
            }
            for month, end in self.months
        }

    def _first_paid(self) -> dict[str, date]:
        first: dict[str, date] = {}
        for one in self.subscribed:
            if one.paid_from <= self.last_day:
                key = one.customer.key
                first[key] = min(first.get(key, one.paid_from), one.paid_from)
        return first

    def _new_customers(self) -> Sums:
        sums = Sums()
        for day in self._first_paid().values():
            sums.add(day, 1)
        return sums

    def _customers(self) -> dict[str, ByMonth]:
        names = [month for month, _ in self.months]
        # Before the first month nobody paid: nobody could leave in it, and there is no rate.
        gone: ByMonth = {names[0]: NOTHING}
        churn: ByMonth = {names[0]: None}
        for before, month in pairwise(names):
            left = Decimal(len(self.paying[before] - self.paying[month]))
            gone[month], churn[month] = left, ratio(left, Decimal(len(self.paying[before])))
        return {
            "paying_customers": {month: Decimal(len(self.paying[month])) for month in names},
            "new_customers": self._flow(self._new_customers()),
            "churned_customers": gone,
            "customer_churn_rate": churn,
        }

    def _sales(self) -> dict[str, ByMonth]:
        came, qualified, converted = Sums(), Sums(), Sums()
        customers = self._first_paid()
        for lead in self.company.leads:
            if lead.deleted and lead.deleted <= self.last_day:
                continue
            came.add(lead.created.date(), 1)
            if lead.qualified and lead.qualified <= self.last_day:
                qualified.add(lead.qualified, 1)
            known = lead.converted is not None and lead.converted <= self.last_day
            if known and lead.account and lead.account.account_id in customers:
                converted.add(lead.created.date(), 1)
        won, lost, amounts, lost_amounts, came_in = Sums(), Sums(), Sums(), Sums(), Sums()
        pipeline = dict.fromkeys((month for month, _ in self.months), NOTHING)
        euro = self.company.rates.to_euro
        for deal in self.company.deals:
            created = deal.created.date()
            gone = deal.deleted is not None and deal.deleted <= self.last_day
            if gone or created > self.last_day:
                continue
            amount = deal.amount_on(self.last_day) or NOTHING
            if deal.closed <= self.last_day:
                (won if deal.won else lost).add(deal.closed, 1)
                worth = euro(amount, deal.currency, deal.closed)
                (amounts if deal.won else lost_amounts).add(deal.closed, worth)
            entered = euro(amount, deal.currency, created)
            came_in.add(created, entered)
            for month, end in self.months:
                if created <= end < deal.closed:
                    pipeline[month] += entered
        closed = Sums()
        for month, _ in self.months:
            closed[month] = won[month] + lost[month]
        return {
            "leads": self._flow(came),
            "qualified_leads": self._flow(qualified),
            "lead_conversion_rate": self._ratio(converted, came),
            "won_deals": self._flow(won),
            "won_amount": self._flow(amounts),
            "lost_amount": self._flow(lost_amounts),
            "pipeline_created_amount": self._flow(came_in),
            "win_rate": self._ratio(won, closed),
            "average_deal_size": self._ratio(amounts, won),
            "pipeline_value": {month: pipeline[month] for month, _ in self.months},
        }

    def _support(self) -> dict[str, ByMonth]:
        opened, asked, good, points, polled = Sums(), Sums(), Sums(), Sums(), Sums()
        for ticket in self.company.tickets:
            opened.add(ticket.created.date(), 1)
        for answer in self.company.responses:
            day = answer.answered.date()
            if day > self.last_day:
                continue
            if answer.kind == "CSAT":
                asked.add(day, 1)
                good.add(day, answer.rating in (4, 5))
            else:
                polled.add(day, 1)
                points.add(day, 100 * ((answer.rating >= 9) - (answer.rating <= 6)))  # noqa: PLR2004
        return {
            **ticket_kpis(self.company, [month for month, _ in self.months]),
            "tickets_opened": self._flow(opened),
            "csat": self._ratio(good, asked),
            "nps": self._ratio(points, polled),
        }

    def _ads(self, schedule: Schedule) -> list[tuple[tuple[str, str], dict[str, Sums]]]:
        """Sums by (channel, platform), of each day as the newest export that shows it has it."""
        newest: dict[date, date] = {}
        for first, last in schedule.windows():
            newest |= dict.fromkeys(days_between(first, last), last)
        sums: dict[tuple[str, str], dict[str, Sums]] = defaultdict(lambda: defaultdict(Sums))
        for platform, currency in PLATFORM_CURRENCY.items():
            for day, known_on in newest.items():
                for done in self.company.ad_days(platform, day, known_on):
                    part = sums[done.campaign.kind.channel, platform]
                    euro = self.company.rates.to_euro
                    part["impressions"].add(day, done.impressions)
                    part["clicks"].add(day, done.clicks)
                    part["video_views"].add(day, done.video_views)
                    if done.campaign.kind.channel == "video" or done.video_views:
                        part["of_videos"].add(day, done.impressions)
                    part["ad_spend"].add(day, euro(done.cost, currency, day))
                    part["conversions"].add(day, done.conversions or NOTHING)
                    value = euro(done.conversion_value or NOTHING, currency, day)
                    part["value"].add(day, value)
        return list(sums.items())

    def _ad_sums(self, chosen: Callable[[tuple[str, str]], bool]) -> dict[str, Sums]:
        total: dict[str, Sums] = defaultdict(Sums)
        for key, part in self.ads:
            if chosen(key):
                for name, sums in part.items():
                    _add_all(total[name], sums.items())
        return total

    def _ad_kpis(self, chosen: Callable[[tuple[str, str]], bool]) -> dict[str, ByMonth]:
        sums = self._ad_sums(chosen)
        return {
            "impressions": self._flow(sums["impressions"]),
            "clicks": self._flow(sums["clicks"]),
            "video_views": self._flow(sums["video_views"]),
            "video_view_rate": self._ratio(sums["video_views"], sums["of_videos"]),
            "ad_spend": self._flow(sums["ad_spend"]),
            "ctr": self._ratio(sums["clicks"], sums["impressions"]),
            "cpc": self._ratio(sums["ad_spend"], sums["clicks"]),
            "cpm": {
                month: ratio(sums["ad_spend"][month] * 1000, sums["impressions"][month])
                for month, _ in self.months
            },
            "cpa": self._ratio(sums["ad_spend"], sums["conversions"]),
            "cvr": self._ratio(sums["conversions"], sums["clicks"]),
            "roas": self._ratio(sums["value"], sums["ad_spend"]),
            "ad_conversions": self._flow(sums["conversions"]),
            "ad_conversion_value": self._flow(sums["value"]),
        }


def _is_of(channel: str, key: tuple[str, str]) -> bool:
    return key[0] == channel


def _from_first(values: ByMonth) -> ByMonth:
    return dict(dropwhile(lambda item: not item[1], values.items()))


def _add_all(total: Sums, parts: Iterable[tuple[str, Decimal]]) -> None:
    for month, amount in parts:
        total[month] += amount
