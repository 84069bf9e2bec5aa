"""The example company's inbox, read back without anything of the product."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

UNTIL = date(2025, 11, 21)
Rows = list[dict[str, str]]


class Inbox:
    """Reads the exports back, without anything of the product."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth: dict[str, Any] = json.loads((folder.parent / "truth.json").read_text())
        self.to_euro = cache(self._to_euro)
        self.rates: dict[date, dict[str, Fraction]] = {}
        for file in sorted(folder.glob("ecb/*.zip")):
            with zipfile.ZipFile(file) as archive:
                text = archive.read(archive.namelist()[0]).decode()
            form = "%Y-%m-%d" if "hist" in file.name else "%d %B %Y"
            for row in csv.DictReader(io.StringIO(text), skipinitialspace=True):
                self.rates[datetime.strptime(row["Date"], form).date()] = {  # noqa: DTZ007
                    code: Fraction(rate)
                    for code, rate in row.items()
                    if code not in ("Date", "") and rate != "N/A"
                }

    def _to_euro(self, amount: str, currency: str, day: date) -> Decimal:
        while currency != "EUR" and day not in self.rates:
            day -= timedelta(days=1)
        rate = Fraction(1) if currency == "EUR" else self.rates[day][currency]
        millionths = abs(Fraction(amount)) / rate * 10**6
        whole = Decimal(int(millionths + Fraction(1, 2)))
        return whole.scaleb(-6) if not amount.startswith("-") else -whole.scaleb(-6)

    def newest(self, pattern: str) -> Rows:
        """The rows of the last export."""
        return self.read(sorted(self.folder.glob(pattern), key=lambda f: f.stem[-10:])[-1])

    def all(self, pattern: str, key: str) -> Rows:
        """The last version of every row; a row too long is nobody's."""
        rows: dict[str, dict[str, str]] = {}
        for file in sorted(self.folder.glob(pattern), key=lambda f: f.stem[-10:]):
            rows |= {row[key]: row for row in self.read(file) if None not in row}
        return list(rows.values())

    def read(self, file: Path) -> Rows:
        return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))

    def ads(self) -> Rows:
        """The rows of each day as the newest report that covers it has them."""
        days: dict[tuple[str, str], Rows] = {}
        reports = [*self.folder.glob("google_ads/*"), *self.folder.glob("meta_ads/*")]
        for file in sorted(reports, key=lambda f: f.stem[-10:]):
            found: dict[tuple[str, str], Rows] = defaultdict(list)
            for row in self._report(file):
                found[row["platform"], row["day"]].append(row)
            days |= found
        return [row for rows in days.values() for row in rows]

    def _report(self, file: Path) -> Rows:
        if file.suffix == ".csv":
            text = file.read_bytes().decode("utf-16")
            text = text[text.index("Day\t") :]
            rows = csv.DictReader(io.StringIO(text), delimiter="\t")
            return [
                {
                    "platform": "google_ads", "currency": "EUR", "day": row["Day"],
                    "cost": row["Cost"].replace(",", ""), "clicks": row["Clicks"].replace(",", ""),
                    "impressions": row["Impr."].replace(",", ""), "type": row["Campaign type"],
                    "views": row["TrueView views"].replace(",", ""),
                    "conversions": row["Conversions"].replace(",", ""),
                    "value": row["Conv. value"].replace(",", ""),
                }
                for row in rows
                if not row["Day"].startswith("Total")
            ]  # fmt: skip
        page = load_workbook(file, read_only=True).worksheets[0]
        header, *found = page.iter_rows(values_only=True)
        named = [dict(zip(header, row, strict=True)) for row in found]
        return [
            {
                "platform": "meta_ads", "currency": "USD", "day": str(row["Reporting starts"]),
                "cost": str(row["Amount spent (USD)"]), "clicks": str(row["Link clicks"]),
                "impressions": str(row["Impressions"]), "type": "",
                "views": str(row["3-second video plays"] or 0),
                "conversions": str(row["Results"] or 0),
                "value": str(row["Purchases conversion value"] or 0),
            }
            for row in named
        ]  # fmt: skip

    def matches(self, kpi: str, months: dict[str, Decimal]) -> bool:
        """Whether the truth says exactly this of every month."""
        told = {month: Decimal(value) for month, value in self.truth["kpis"][kpi].items()}
        return told == {month: months.get(month, Decimal(0)) for month in told}


def by_month(
    rows: Rows, day: Callable[[dict[str, str]], str], value: Callable[[dict[str, str]], Decimal]
) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[day(row)[:7]] += value(row)
    return sums


def paid_spans(inbox: Inbox) -> list[tuple[str, date, date, Decimal]]:
    """Customer, first day, end, and monthly euro of every subscription that was ever paid for."""
    spans = []
    for row in inbox.newest("stripe/subscriptions*"):
        start = date.fromisoformat((row["Trial End (UTC)"] or row["Start Date (UTC)"])[:10])
        end = date.fromisoformat((row["Ended At (UTC)"] or "9999-12-31")[:10])
        months = int(row["Interval Count"]) * {"month": 1, "year": 12}[row["Interval"]]
        monthly = Decimal(row["Amount"]) * int(row["Quantity"]) / months
        monthly = monthly.quantize(Decimal("0.000001"), ROUND_HALF_UP)
        if start <= UNTIL and start < end:
            customer = row["salesforce_account_id (metadata)"] or row["Customer ID"]
            euro = inbox.to_euro(str(monthly), row["Currency"].upper(), start)
            spans.append((customer, start, end, euro))
    return spans
