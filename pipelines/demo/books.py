"""The general ledger of the example company: what each event does to the accounts.

Belongs here: the chart of accounts and the entries, day by day. Does not belong here: the business
events themselves, and the export's columns (`exports/ledger.py`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipelines.demo.ads import GOOGLE, META
from pipelines.demo.chance import add_months, cents, days_between, month_end
from pipelines.demo.finance import CREDIT_NOTE, ONBOARDING, Documents, InvoiceLine, Payment
from pipelines.demo.rates import HOME_CURRENCY, Rates


@dataclass(frozen=True)
class LedgerAccount:
    """An account of the chart."""

    name: str
    account_class: str
    function: str = ""
    cash_flow: str = "operating"


SALES_MARKETING = "sales_marketing"
CHART: dict[str, LedgerAccount] = {
    "1000": LedgerAccount("Bank", "cash", cash_flow=""),
    "1010": LedgerAccount("Stripe balance", "cash", cash_flow=""),
    "1200": LedgerAccount("Trade receivables", "receivable"),
    "1500": LedgerAccount("Equipment", "fixed_asset", cash_flow="investing"),
    "1510": LedgerAccount("Accumulated depreciation", "fixed_asset", cash_flow=""),
    "1600": LedgerAccount("Capitalised software", "fixed_asset", cash_flow="investing"),
    "1610": LedgerAccount("Accumulated amortisation", "fixed_asset", cash_flow=""),
    "2000": LedgerAccount("Trade payables", "payable"),
    "2100": LedgerAccount("VAT payable", "other_current_liability"),
    "2200": LedgerAccount("Deferred revenue", "other_current_liability"),
    "2400": LedgerAccount("Income tax payable", "other_current_liability"),
    "2700": LedgerAccount("Bank loan", "long_term_liability", cash_flow="financing"),
    "3000": LedgerAccount("Share capital", "equity", cash_flow="financing"),
    "4000": LedgerAccount("Subscription revenue", "income"),
    "4100": LedgerAccount("Onboarding revenue", "income"),
    "4500": LedgerAccount("Grants", "other_income"),
    "4510": LedgerAccount("Exchange differences", "other_income"),
    "4900": LedgerAccount("Refunds and credits", "income"),
    "5000": LedgerAccount("Hosting", "cost_of_sales"),
    "5100": LedgerAccount("Support salaries", "cost_of_sales"),
    "5200": LedgerAccount("Payment fees", "cost_of_sales"),
    "6000": LedgerAccount("Salaries, product and administration", "expense"),
    "6100": LedgerAccount("Salaries, sales and marketing", "expense", SALES_MARKETING),
    "6200": LedgerAccount("Google Ads", "expense", SALES_MARKETING),
    "6210": LedgerAccount("Meta Ads", "expense", SALES_MARKETING),
    "6290": LedgerAccount("Events and marketing tools", "expense", SALES_MARKETING),
    "6300": LedgerAccount("Office rent", "expense"),
    "6400": LedgerAccount("Software and administration", "expense"),
    "6500": LedgerAccount("Bad debts", "expense"),
    "7000": LedgerAccount("Depreciation", "depreciation"),
    "7100": LedgerAccount("Amortisation", "amortisation"),
    "7200": LedgerAccount("Interest", "interest", cash_flow="financing"),
    "7900": LedgerAccount("Income tax", "income_tax"),
}
PROFIT_AND_LOSS = ("4", "5", "6", "7")
"""First digits of the accounts that make the profit."""
AD_PLATFORMS = {
    GOOGLE: ("6200", "Google Ads", "Google Ireland Limited"),
    META: ("6210", "Meta Ads", "Meta Platforms Ireland Limited"),
}


@dataclass(frozen=True)
class JournalLine:
    """A posted line; one of debit and credit is 0."""

    journal_id: str
    number: int
    posted: date
    account_id: str
    debit: Decimal
    credit: Decimal
    currency: str
    description: str
    counterparty: str
    region: str

    @property
    def line_id(self) -> str:
        """The line's identity."""
        return f"{self.journal_id}-{self.number}"


@dataclass(frozen=True)
class AdBooking:
    """The spend of one platform on one day, and when it is booked."""

    platform: str
    spent_on: date
    booked_on: date
    euro: Decimal


Entry = tuple[str, Decimal] | tuple[str, Decimal, str]
"""Account, amount (debit positive), and region where there is one."""


class Books:
    """Posts entries day by day; numbers follow the day of posting."""

    def __init__(
        self,
        first_day: date,
        last_day: date,
        rates: Rates,
        made: Documents,
        bookings: list[AdBooking],
        paying: dict[date, int],
        scale: Decimal,
    ) -> None:
        self.lines: list[JournalLine] = []
        self.first_day, self.rates, self.scale, self.paying = first_day, rates, scale, paying
        self._numbers: dict[int, int] = {}
        self._balance: dict[str, Decimal] = defaultdict(Decimal)
        self._profit: dict[date, Decimal] = defaultdict(Decimal)
        self._deferred: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
        self._receivable: dict[str, Decimal] = defaultdict(Decimal)
        issued: dict[date, list[InvoiceLine]] = defaultdict(list)
        paid: dict[date, list[Payment]] = defaultdict(list)
        refunded: dict[date, list[Payment]] = defaultdict(list)
        booked: dict[date, list[AdBooking]] = defaultdict(list)
        lost: dict[date, list[InvoiceLine]] = defaultdict(list)
        for line in made.lines:
            issued[line.issued].append(line)
        for payment in made.payments:
            if not payment.failed:
                paid[payment.created].append(payment)
            if payment.refunded:
                refunded[payment.refunded].append(payment)
        for booking in bookings:
            booked[booking.booked_on].append(booking)
        for day, lines in made.written_off:
            lost[day] += lines
        for day in days_between(first_day, last_day):
            self._opening(day)
            for line in issued[day]:
                self._issue(line)
            for payment in paid[day]:
                self._receive(payment)
            for payment in refunded[day]:
                self._refund(day, payment)
            for booking in booked[day]:
                self._book_ads(booking)
            for line in lost[day]:
                owed = self._owed(line)
                self._post(day, f"Write-off {line.line_id}", [("6500", owed), ("1200", -owed)])
            self._calendar(day)

    def _post(
        self,
        day: date,
        description: str,
        entries: list[Entry],
        counterparty: str = "",
        currency: str = HOME_CURRENCY,
    ) -> None:
        entries = [entry for entry in entries if entry[1]]
        if not entries:
            return
        self._numbers[day.year] = self._numbers.get(day.year, 0) + 1
        journal = f"JE-{day.year}-{self._numbers[day.year]:06d}"
        for number, entry in enumerate(entries, start=1):
            account, amount = entry[0], entry[1]
            region = entry[2] if len(entry) == 3 else ""  # noqa: PLR2004  (an Entry with region)
            debit, credit = max(amount, Decimal(0)), max(-amount, Decimal(0))
            line = JournalLine(
                journal_id=journal,
                number=number,
                posted=day,
                account_id=account,
                debit=debit,
                credit=credit,
                currency=currency,
                description=description,
                counterparty=counterparty,
                region=region,
            )
            self.lines.append(line)
            if currency == HOME_CURRENCY:
                self._balance[account] += amount
            if account.startswith(PROFIT_AND_LOSS):
                self._profit[month_end(day)] -= self.rates.to_euro(amount, currency, day)

    def _owed(self, line: InvoiceLine) -> Decimal:
        return self.rates.to_euro(line.gross, line.currency, line.issued, 2)

    def _issue(self, line: InvoiceLine) -> None:
        owed = self._owed(line)
        tax = self.rates.to_euro(line.tax, line.currency, line.issued, 2)
        net, region = owed - tax, line.customer.contact.region
        self._receivable[line.invoice_id] += owed
        account = "4100" if line.product == ONBOARDING else "4000"
        if line.kind == CREDIT_NOTE:
            account = "4900"
        elif line.months > 1:
            account = "2200"
            earned = Decimal(0)
            for month in range(line.months):
                until_now = cents(net * (month + 1) / line.months)
                earned_on = month_end(add_months(line.issued.replace(day=1), month))
                self._deferred[earned_on, region] += until_now - earned
                earned = until_now
        self._post(
            line.issued,
            f"{'Credit note' if line.kind == CREDIT_NOTE else 'Invoice'} {line.invoice_id}",
            [("1200", owed), (account, -net, region), ("2100", -tax)],
            line.customer.key,
        )

    def _receive(self, payment: Payment) -> None:
        came = self.rates.to_euro(payment.amount, payment.currency, payment.created, 2)
        owed = self._receivable[payment.invoice_id]
        self._post(
            payment.created,
            f"Payment {payment.payment_id} of {payment.invoice_id}",
            [
                ("1010", came),
                ("1200", -owed),
                ("4510", owed - came),
                ("5200", payment.fee),
                ("1010", -payment.fee),
            ],
            payment.customer.key,
        )

    def _refund(self, day: date, payment: Payment) -> None:
        gone = self.rates.to_euro(payment.refunded_amount, payment.currency, day, 2)
        text = f"Refund of {payment.payment_id}"
        self._post(day, text, [("1200", gone), ("1010", -gone)], payment.customer.key)

    def _book_ads(self, booking: AdBooking) -> None:
        account, name, supplier = AD_PLATFORMS[booking.platform]
        self._post(
            booking.booked_on,
            f"{name} spend of {booking.spent_on}",
            [(account, booking.euro), ("2000", -booking.euro)],
            supplier,
        )

    def _opening(self, day: date) -> None:
        size = self.scale
        if day == self.first_day:
            capital, loan = cents(1_600_000 * size), cents(400_000 * size)
            self._post(day, "Share capital", [("1000", capital), ("3000", -capital)])
            self._post(day, "Bank loan", [("1000", loan), ("2700", -loan)])
        if day == self.first_day + timedelta(days=2):
            bought, built = cents(48_000 * size), cents(90_000 * size)
            self._post(day, "Laptops and furniture", [("1500", bought), ("1000", -bought)])
            self._post(day, "Product development", [("1600", built), ("1000", -built)])

    def _calendar(self, day: date) -> None:
        size = self.scale
        months_in = (day.year - self.first_day.year) * 12 + day.month - self.first_day.month
        if day.day == 1:
            rent, london = cents(5_200 * size), cents(2_400 * size)
            self._post(day, "Rent, Berlin", [("6300", rent), ("1000", -rent)])
            self._post(day, "Rent, London", [("6300", london), ("1000", -london)], "", "GBP")
        if day.day == 10:  # noqa: PLR2004  (the day suppliers and taxes are paid)
            self._settle(day)
        if day.day == 15 and day.month % 3 == 2:  # noqa: PLR2004  (once a quarter)
            grant = cents(15_000 * size)
            self._post(day, "Research grant", [("1000", grant), ("4500", -grant)])
        if day.day == 15:  # noqa: PLR2004  (mid-month)
            fair = 9_500 if day.month in (3, 9) else 0
            tools = cents((2_600 + 70 * months_in + fair) * size)
            office = cents((3_100 + 60 * months_in) * size)
            self._post(day, "Marketing tools and events", [("6290", tools), ("1000", -tools)])
            self._post(day, "Software and administration", [("6400", office), ("1000", -office)])
        if day.day == 27:  # noqa: PLR2004  (pay day)
            product, sales, support = (
                cents((base + rise * months_in) * size)
                for base, rise in ((31_000, 900), (9_000, 520), (4_800, 330))
            )
            paid = product + sales + support
            salaries: list[Entry] = [("6000", product), ("6100", sales), ("5100", support)]
            self._post(day, "Salaries", [*salaries, ("1000", -paid)])
        if day == month_end(day):
            self._close_month(day)

    def _settle(self, day: date) -> None:
        """Pay what is owed to suppliers and for tax, to the cent; fractions stay owed."""
        owed = cents(-self._balance["2000"])
        self._post(day, "Payment to advertising platforms", [("2000", owed), ("1000", -owed)])
        tax = cents(-self._balance["2100"])
        self._post(day, "VAT", [("2100", tax), ("1000", -tax)])
        if day.month % 3 == 1:
            due = cents(-self._balance["2400"])
            self._post(day, "Income tax of the quarter", [("2400", due), ("1000", -due)])

    def _close_month(self, day: date) -> None:
        size = self.scale
        hosting = cents(900 * size + Decimal("8.5") * self.paying[day])
        self._post(day, "Hosting", [("5000", hosting), ("1000", -hosting)], "", "USD")
        payout = cents(self._balance["1010"])
        self._post(day, "Stripe payout", [("1000", payout), ("1010", -payout)])
        earned: list[Entry] = [
            ("4000", -amount, region)
            for (when, region), amount in sorted(self._deferred.items())
            if when == day
        ]
        total = sum((-entry[1] for entry in earned), Decimal(0))
        self._post(day, "Revenue of the month from longer terms", [("2200", total), *earned])
        worn, amortised = cents(1_000 * size), cents(1_500 * size)
        self._post(day, "Depreciation", [("7000", worn), ("1510", -worn)])
        self._post(day, "Amortisation", [("7100", amortised), ("1610", -amortised)])
        interest = cents(-self._balance["2700"] * Decimal("0.004"))
        repaid = min(cents(5_000 * size), -self._balance["2700"])
        paid = interest + repaid
        self._post(day, "Bank loan", [("7200", interest), ("2700", repaid), ("1000", -paid)])
        tax = cents(max(self._profit[day], Decimal(0)) / 4)
        self._post(day, "Income tax of the month", [("7900", tax), ("2400", -tax)])
