"""Xero's reports and the CSV files of its invoices, contacts and chart of accounts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from finance_exports import STREAMS, fixture, table, total, values, whole, without_lineage

from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of

LEDGER = "xero/account_transactions.csv"
INVOICES = "xero/day-first/invoices.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def test_the_ledger_takes_its_accounts_from_its_sections_and_balances(house: House) -> None:
    landing = whole(house, LEDGER)

    movements: dict[str, Decimal] = defaultdict(Decimal)
    for account, debit, credit in values(
        house, landing, "account_path", "debit_amount", "credit_amount"
    ):
        movements[account] += debit - credit
    assert movements == {
        "Accounts Receivable": 0,
        "Bank Account - 090": Decimal("932.50"),
        "GST": Decimal("-120.00"),
        "Sales": Decimal("-1000.00"),
        "Cost of Goods Sold": Decimal("200.00"),
        "Realised Currency Gains": Decimal("-12.50"),
    }
    assert total(house, landing, "debit_amount") == Decimal("2542.50")
    assert total(house, landing, "credit_amount") == Decimal("2542.50")
    assert (landing.covered_from, landing.covered_to) == (date(2024, 1, 1), date(2024, 3, 31))
    assert {entry["verdict"] for entry in landing.totals} == {"equal"}
    assert landing.rows_skipped["opening_balance"] == 4


def test_f033_a_ledger_of_which_a_line_is_missing_is_refused(house: House) -> None:
    line = "20 Mar 2024,Spend Money,Mill & Grain - beans,B-7,200.00,0.00,200.00,230.00,30.00\n"

    refused = house.refuse(LEDGER, fixture(LEDGER).replace(line, ""))

    assert refused.code == "CONTROL_TOTAL"


def test_a_workbook_with_days_of_its_own_lands_as_the_file_does(house: House) -> None:
    plain = whole(house, LEDGER)
    rows: list[list[object]] = []
    for row in table(fixture(LEDGER)):
        day = {"02 Jan 2024": date(2024, 1, 2), "5 Feb 2024": date(2024, 2, 5)}.get(row[0])
        rows.append([day or row[0], *row[1:]])

    landing = whole(house, "xero/ledger.xlsx", workbook_of(rows))

    assert without_lineage(house, landing) == without_lineage(house, plain)


def test_the_currency_may_stand_in_the_header(house: House) -> None:
    text = fixture(LEDGER).replace(",Debit,Credit,", ",Debit (NZD),Credit (NZD),")

    landing = whole(house, LEDGER, text)

    assert {code for (code,) in values(house, landing, "currency_code")} == {"NZD"}


def test_a_journal_report_names_its_journals(house: House) -> None:
    landing = whole(house, "xero/journal_report.csv")

    assert landing.table == "xero__journal_report"
    journals: dict[str, Decimal] = defaultdict(Decimal)
    for journal, debit, credit in values(
        house, landing, "journal_id", "debit_amount", "credit_amount"
    ):
        journals[journal] += (debit or 0) - (credit or 0)
    assert journals == {"1": 0, "2": 0}


def test_invoices_land_by_line_with_what_the_document_says(house: House) -> None:
    landing = whole(house, INVOICES)

    assert landing.table == "xero__invoices"
    assert values(house, landing, "issue_date", "invoice_number", "line_amount")[:3] == [
        (date(2024, 1, 2), "INV-1001", Decimal(600)),
        (date(2024, 1, 2), "INV-1001", Decimal(400)),
        (date(2024, 2, 13), "INV-1002", Decimal(230)),
    ]
    assert {status for (status,) in values(house, landing, "invoice_status")} == {
        "Paid", "Awaiting Payment", "Voided",
    }  # fmt: skip
    assert values(house, landing, "currency_code", "currency_rate")[2] == ("EUR", Decimal("0.56"))


def test_the_header_of_the_template_is_the_same_stream(house: House) -> None:
    text = fixture(INVOICES)
    for name in ("ContactName", "InvoiceNumber", "InvoiceDate", "DueDate", "Quantity"):
        text = text.replace(name, f"*{name}", 1)

    newer = without_lineage(house, whole(house, "xero/day-first/template.csv", text))

    assert newer == without_lineage(house, whole(house, INVOICES))


def test_an_american_organisation_writes_the_month_first(house: House) -> None:
    text = fixture(INVOICES)
    for day in ("02/01", "01/02", "13/02", "14/03", "20/02", "21/02", "22/03", "20/03", "20/04"):
        text = text.replace(f",{day}/2024", f",<{day[3:]}/{day[:2]}>/2024")
    text = text.replace("<", "").replace(">", "")

    newer = without_lineage(house, whole(house, "xero/month-first/invoices.csv", text))

    assert newer == without_lineage(house, whole(house, INVOICES))


def test_bills_do_not_restate_the_sales_of_their_days(house: House) -> None:
    header, *lines = fixture(INVOICES).splitlines(keepends=True)
    whole(house, "xero/day-first/sales.csv", "".join([header, *lines[:-1]]))
    bill = lines[-1].replace("20/03/2024", "13/02/2024")
    whole(house, "xero/day-first/bills.csv", header + bill)

    assert len(house.view("xero__invoices")) == 6


@pytest.mark.parametrize(("name", "rows"), [("contacts", 2), ("chart_of_accounts", 8)])
def test_lists_land_whole(house: House, name: str, rows: int) -> None:
    landing = whole(house, f"xero/{name}.csv")

    assert (landing.table, landing.rows_landed) == (f"xero__{name}", rows)
