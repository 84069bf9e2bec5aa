"""Exchange rates of the example company: a seeded walk, as the ECB publishes them.

Belongs here: rates per business day and converting with them. Does not belong here: the export's
form (`exports/reference.py`).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext

from pipelines.demo.chance import Chance, days_between, rounded

HOME_CURRENCY = "EUR"
EARLIER_DAYS = 40
"""The bank's history reaches back before the company's first day."""

# Units per euro at the beginning, and how many digits the bank publishes.
FIRST_RATES: dict[str, tuple[str, int]] = {
    "USD": ("1.0842", 4),
    "JPY": ("162.35", 2),
    "CZK": ("24.712", 3),
    "DKK": ("7.4601", 4),
    "GBP": ("0.85430", 5),
    "HUF": ("388.10", 2),
    "PLN": ("4.3240", 4),
    "RON": ("4.9723", 4),
    "SEK": ("11.4120", 4),
    "CHF": ("0.9512", 4),
    "ISK": ("149.30", 2),
    "NOK": ("11.5230", 4),
    "TRY": ("34.8120", 4),
    "AUD": ("1.6412", 4),
    "BRL": ("5.6230", 4),
    "CAD": ("1.4712", 4),
    "CNY": ("7.8210", 4),
    "HKD": ("8.4730", 4),
    "IDR": ("17120.50", 2),
    "ILS": ("4.0120", 4),
    "INR": ("90.412", 3),
    "KRW": ("1462.30", 2),
    "MXN": ("18.8120", 4),
    "MYR": ("5.0912", 4),
    "NZD": ("1.7712", 4),
    "PHP": ("61.420", 3),
    "SGD": ("1.4561", 4),
    "THB": ("39.120", 3),
    "ZAR": ("20.1120", 4),
}
DAILY_SPREAD = 0.006
HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}
"""Closing days of the bank's payment system with a fixed date."""


class Rates:
    """The published rates: units of a currency for one euro."""

    def __init__(self, seed: int, first_day: date, last_day: date) -> None:
        self.published: dict[date, dict[str, Decimal]] = {}
        today = {code: Decimal(rate) for code, (rate, _) in FIRST_RATES.items()}
        for day in days_between(first_day - timedelta(days=EARLIER_DAYS), last_day):
            if day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS:  # noqa: PLR2004  (weekend)
                continue
            chance = Chance(seed, "rates", day)
            for code, (first, digits) in FIRST_RATES.items():
                moved = float(today[code]) * chance.around(1, DAILY_SPREAD)
                # Pulled back to where it began, so that two years do not make a currency worthless.
                pulled = moved + (float(first) - moved) * 0.004
                today[code] = rounded(Decimal(repr(pulled)), digits)
            self.published[day] = dict(today)

    def rate(self, currency: str, day: date) -> Decimal:
        """The rate in force on a day: the last one published, at most a week before."""
        if currency == HOME_CURRENCY:
            return Decimal(1)
        while day not in self.published:
            day -= timedelta(days=1)
        return self.published[day][currency]

    def to_euro(self, amount: Decimal, currency: str, day: date, digits: int = 6) -> Decimal:
        """An amount in euro at the day's rate, rounded once, half away from zero."""
        with localcontext() as context:
            context.prec = 60
            return rounded(amount / self.rate(currency, day), digits)
