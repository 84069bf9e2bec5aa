"""What the mart makes of QuickBooks, Xero and Stripe together, on paper."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from finance_exports import FIXTURES

from pipelines import flow
from pipelines.settings import Settings

pytestmark = pytest.mark.slow

EXPORTS = (
    "quickbooks/account_list.csv",
    "quickbooks/month-first/general_ledger.csv",
    "quickbooks/month-first/sales_by_product_detail.csv",
    "quickbooks/month-first/invoice_list_by_date.csv",
    "quickbooks/month-first/transaction_list_by_date.csv",
    "xero/chart_of_accounts.csv",
    "xero/day-first/invoices.csv",
    "stripe/unified_payments.csv",
    "stripe/balance_history.csv",
    "stripe/refunds.csv",
    "datev/EXTF_Buchungsstapel.csv",
    "datev/EXTF_Kontenbeschriftungen.csv",
)
# So many units for one euro, every day: what is on paper below can be computed in one's head.
RATES = {"USD": "1", "JPY": "100", "GBP": "0.5", "NZD": "2"}


@dataclass(frozen=True)
class Home:
    settings: Settings
    outcome: flow.Outcome

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question to the candidate that was released."""
        candidate = self.settings.warehouse / self.outcome.run_id / "candidate.duckdb"
        with duckdb.connect(str(candidate), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("finance")
    settings = Settings.from_environment(
        home=folder, as_of="2026-04-01", reporting_currency="USD", settle_seconds=0
    )
    for name in EXPORTS:
        target = settings.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FIXTURES / name, target)
    # Xero's ledger is in another folder, whose name says the currency of its books.
    books = settings.inbox / "xero" / "kowhai NZD"
    books.mkdir()
    shutil.copyfile(FIXTURES / "xero" / "account_transactions.csv", books / "ledger.csv")
    first = date(2023, 11, 1)
    days = [first + timedelta(days=n) for n in range((date(2026, 3, 31) - first).days + 1)]
    rates = "\n".join(f"{day},{','.join(RATES.values())}," for day in reversed(days))
    (settings.inbox / "ecb").mkdir()
    (settings.inbox / "ecb" / "eurofxref-hist_2026-03-31.csv").write_text(
        f"Date,{','.join(RATES)},\n{rates}\n", encoding="utf-8"
    )
    return Home(settings, flow.run(settings))


def test_the_exports_are_released(home: Home) -> None:
    assert home.outcome.status == "released", home.outcome.reasons
    assert not home.outcome.landed.quarantined


def test_a_ledger_of_one_amount_gets_its_sides_from_the_accounts_classes(home: Home) -> None:
    """QuickBooks: an income account's 1,000 is a credit, and an expense account's a debit."""
    assert home.asked(
        """select account_class, sum(debit_amount - credit_amount) from kpi_mart.fct_ledger_entries
        where account_id like 'quickbooks|%' group by 1 order by 1"""
    ) == [
        ("cash", Decimal("520.00")),
        ("cost_of_sales", Decimal("450.25")),
        ("expense", Decimal("99.75")),
        ("income", Decimal("-1000.00")),
        ("other_current_liability", Decimal("-70.00")),
        ("receivable", Decimal("0.00")),
    ]


def test_accounts_of_xero_without_their_codes_find_them_in_the_chart(home: Home) -> None:
    """In NZ dollars, of which two are one US dollar."""
    assert home.asked(
        """select account_id, currency_code, sum(debit_amount_reporting - credit_amount_reporting)
        from kpi_mart.fct_ledger_entries where account_id like 'xero|%' group by 1, 2 order by 1"""
    ) == [
        ("xero|090", "NZD", Decimal("466.25")),
        ("xero|200", "NZD", Decimal("-500.00")),
        ("xero|310", "NZD", Decimal("100.00")),
        ("xero|497", "NZD", Decimal("-6.25")),
        ("xero|610", "NZD", Decimal("0.00")),
        ("xero|820", "NZD", Decimal("-60.00")),
    ]


def test_f058_invoiced_revenue_is_without_tax_voided_documents_and_bills(home: Home) -> None:
    """Xero: 600 + 400 of lines without tax; 230 - 30 of one with it; a credit note of 50."""
    assert home.asked(
        """select document_kind, currency_code, sum(net_amount) from kpi_mart.fct_invoices
        where invoice_id like 'xero|%' group by 1, 2 order by 1, 2"""
    ) == [
        ("credit_note", "EUR", Decimal("-50.00")),
        ("invoice", "EUR", Decimal("200.00")),
        ("invoice", "NZD", Decimal("1000.00")),
    ]


def test_sales_by_product_are_the_invoiced_revenue_of_quickbooks(home: Home) -> None:
    assert home.asked(
        """select product, sum(net_amount) from kpi_mart.fct_invoices
        where invoice_id like 'quickbooks|%' group by 1 order by 1"""
    ) == [
        ("Bread", Decimal("760.00")),
        ("Bread:Rye", Decimal("500.00")),
        ("unknown", Decimal("190.00")),
    ]


def test_f066_test_payments_of_stripe_are_no_money(home: Home) -> None:
    assert home.asked(
        "select payment_id, status, amount from kpi_mart.fct_payments order by 1"
    ) == [
        ("ch_01", "paid", Decimal("1234.50")),
        ("ch_02", "refunded", Decimal("49.00")),
        ("ch_03", "paid", Decimal("5000")),
        ("ch_04", "failed", Decimal("89.00")),
    ]


def test_a_booking_of_datev_is_two_lines_and_in_no_figure(home: Home) -> None:
    assert home.asked(
        """select account_id, debit_amount, credit_amount from staging.stg_datev__booking_lines
        where _row_number >= 5 or tax_key = '9' order by _row_number, line_kind"""
    ) == [
        ("datev|1001|456|1200", Decimal("0"), Decimal("1200.50")),
        ("datev|1001|456|4980", Decimal("1200.50"), Decimal("0")),
        ("datev|1001|456|10002", Decimal("110.50"), Decimal("0")),
        ("datev|1001|456|8120", Decimal("0"), Decimal("110.50")),
        # Taking back: what was debited is credited.
        ("datev|1001|456|10001", Decimal("0"), Decimal("1190.00")),
        ("datev|1001|456|8400", Decimal("1190.00"), Decimal("0")),
    ]
    assert home.asked(
        "select count(*) from kpi_mart.fct_ledger_entries where account_id like 'datev%'"
    ) == [(0,)]
