"""QuickBooks' reports, Online and Desktop, and its replicated tables."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from finance_exports import (
    STREAMS,
    fixture,
    real,
    table,
    total,
    values,
    whole,
    without_lineage,
)

from pipelines.land import FileQuarantined, Landing
from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of

FOLDER = "quickbooks/month-first"
LEDGER = f"{FOLDER}/general_ledger.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def test_a_general_ledger_takes_its_accounts_from_its_sections(house: House) -> None:
    landing = whole(house, LEDGER)

    assert landing.table == "quickbooks__general_ledger"
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in values(house, landing, "account_path", "amount"):
        sums[account] += amount
    # Added up by hand from the report's lines.
    assert sums == {
        "Checking": Decimal("520.00"),
        "Accounts Receivable (A/R)": Decimal(0),
        "Sales Tax Payable": Decimal("70.00"),
        "Sales": Decimal("1000.00"),
        "Cost of goods": Decimal("50.25"),
        "Cost of goods:Flour": Decimal("400.00"),
        "Utilities": Decimal("99.75"),
    }
    assert landing.rows_skipped == {
        "beginning_balance": 1, "blank": 3, "footer": 1, "header": 1, "preamble": 4, "section": 7,
        "section_total": 8, "total": 1,
    }  # fmt: skip


def test_the_title_says_the_whole_year(house: House) -> None:
    landing = whole(house, LEDGER)

    assert (landing.covered_from, landing.covered_to) == (date(2024, 1, 1), date(2024, 12, 31))


def test_every_total_of_a_section_is_compared_with_its_rows(house: House) -> None:
    landing = whole(house, LEDGER)

    verdicts = {entry["row"]: entry["verdict"] for entry in landing.totals}
    assert len(verdicts) == 8
    assert set(verdicts.values()) == {"equal"}


def test_f033_a_ledger_of_which_a_line_is_missing_is_refused(house: House) -> None:
    cut = fixture(LEDGER).replace(",12/30/2024,Expense,,City Power,,Checking,99.75,99.75\n", "", 1)

    refused = house.refuse(LEDGER, cut)

    assert refused.code == "CONTROL_TOTAL"


@pytest.mark.parametrize(
    ("header", "beginning"),
    [
        (
            ",Transaction date,Transaction type,Num,Name,Description,Split,Amount,Balance",
            ',01/01/2024,,,,Beginning Balance,,,"10,000.00"',
        ),
        (
            ",Transaction date,Transaction type,No.,Name,Description,Split account,Amount,Balance",
            ',Beginning Balance,,,,,,,"10,000.00"',
        ),
    ],
)
def test_newer_layouts_land_to_the_same_lines(house: House, header: str, beginning: str) -> None:
    plain = whole(house, LEDGER)
    text = fixture(LEDGER)
    text = text.replace(
        ",Date,Transaction Type,Num,Name,Memo/Description,Split,Amount,Balance", header
    ).replace(',Beginning Balance,,,,,,,"10,000.00"', beginning)

    newer = whole(house, f"{FOLDER}/ledger.csv", text)

    assert without_lineage(house, newer) == without_lineage(house, plain)


def test_the_account_may_stand_in_a_column_too(house: House) -> None:
    lines = table(fixture(LEDGER))
    wide = []
    for row in lines:
        if len(row) < 9:
            wide.append(row)
        elif row[1] == "Date":
            wide.append(["", "Distribution account", *row[1:]])
        else:
            wide.append([row[0], "", *row[1:]])
    target = io.StringIO()
    csv.writer(target).writerows(wide)

    landing = whole(house, f"{FOLDER}/ledger.csv", target.getvalue())

    assert landing.rows_landed == 10
    assert total(house, landing, "amount") == Decimal("2140.00")


def test_a_workbook_lands_as_the_file_does(house: House) -> None:
    plain = whole(house, LEDGER)
    book = workbook_of([row or [""] for row in table(fixture(LEDGER))])

    assert without_lineage(house, whole(house, f"{FOLDER}/ledger.xlsx", book)) == without_lineage(
        house, plain
    )


def test_days_are_read_as_the_folder_says(house: House) -> None:
    text = fixture(LEDGER).replace("01/09/2024", "09/01/2024").replace("12/30/2024", "30/12/2024")
    text = text.replace("01/05/2024", "05/01/2024").replace("01/02/2024", "02/01/2024")

    months = without_lineage(house, whole(house, LEDGER))
    days = without_lineage(house, whole(house, "quickbooks/day-first/ledger.csv", text))

    assert days == months


def test_f031_nothing_is_guessed_where_the_folder_does_not_say_it(house: House) -> None:
    landing = house.put("quickbooks/ledger.csv", fixture(LEDGER))

    assert isinstance(landing, FileQuarantined | Landing)
    assert not isinstance(landing, Landing) or landing.status == "set_aside"


def test_two_companies_do_not_restate_each_other(house: House) -> None:
    whole(house, f"{FOLDER}/bakery/ledger.csv", fixture(LEDGER))
    whole(house, f"{FOLDER}/mill USD/ledger.csv", fixture(LEDGER).replace("Bakery", "Mill"))

    rows = house.view("quickbooks__general_ledger")

    assert len(rows) == 20
    assert {row["company"] for row in rows} == {"bakery", "mill USD"}


def test_a_journal_says_once_what_its_lines_share(house: House) -> None:
    landing = whole(house, f"{FOLDER}/journal.csv")

    assert landing.table == "quickbooks__journal"
    assert values(house, landing, "posting_date", "transaction_type", "account_path") == [
        (date(2024, 1, 2), "Invoice", "Accounts Receivable (A/R)"),
        (date(2024, 1, 2), "Invoice", "Sales"),
        (date(2024, 1, 2), "Invoice", "Sales Tax Payable"),
        (date(2024, 1, 9), "Check", "Checking"),
        (date(2024, 1, 9), "Check", "Cost of goods"),
        (date(2024, 1, 9), "Check", "Cost of goods:Flour"),
    ]
    assert total(house, landing, "debit_amount") == Decimal("1520.25")
    assert total(house, landing, "credit_amount") == Decimal("1520.25")


def test_desktop_writes_windows_letters_and_leaves_cells_blank(house: House) -> None:
    landing = whole(house, f"{FOLDER}/desktop/custom_transaction_detail.csv")

    assert landing.table == "quickbooks__journal"
    columns = ("transaction_id", "posting_date", "account_path", "debit_amount", "credit_amount")
    assert values(house, landing, *columns)[-2:] == [
        ("1,235", date(2024, 1, 9), "5000 · Cost of goods", Decimal("50.25"), None),
        ("1,235", date(2024, 1, 9), "5000 · Cost of goods:5010 · Flour", Decimal(400), None),
    ]
    assert values(house, landing, "counterparty_name")[0] == ("Blue Door Café",)
    assert (landing.covered_from, landing.covered_to) == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("name", "stream", "rows", "column", "sums_to"),
    [
        ("transaction_list_by_date", "transaction_list", 4, "amount", "2189.75"),
        ("invoice_list_by_date", "invoice_list", 3, "open_amount", "481.50"),
        ("sales_by_product_detail", "sales_detail", 5, "amount", "1450.00"),
    ],
)
def test_a_report_lands_to_its_own_total(
    house: House, name: str, stream: str, rows: int, column: str, sums_to: str
) -> None:
    landing = whole(house, f"{FOLDER}/{name}.csv")

    assert landing.table == f"quickbooks__{stream}"
    assert landing.rows_landed == rows
    assert total(house, landing, column) == Decimal(sums_to)
    assert {entry["verdict"] for entry in landing.totals} == {"equal"}


def test_what_is_sold_without_a_product_has_none(house: House) -> None:
    landing = whole(house, f"{FOLDER}/sales_by_product_detail.csv")

    assert [product for (product,) in values(house, landing, "product")] == [
        "Bread", "Bread", "Bread:Rye", None, None,
    ]  # fmt: skip


def test_the_list_of_accounts_says_their_types(house: House) -> None:
    landing = whole(house, "quickbooks/account_list.csv")

    assert len(house.rows(landing)) == 8
    assert ("Sales", "Income") in values(house, landing, "account_name", "account_type")


def test_real_invoices_that_were_not_deleted_make_the_known_total(house: House) -> None:
    landing = whole(
        house, "quickbooks/invoice_data.csv", real("fivetran/quickbooks/invoice_data.csv")
    )

    live = [row for row in house.rows(landing) if not row["is_deleted"]]
    assert (landing.rows_landed, len(live)) == (16, 5)
    assert sum(row["total_amount"] for row in live) == Decimal("630240.55")
    assert sum(row["balance_amount"] for row in live) == Decimal("120676.55")


def test_real_payments_make_the_known_total(house: House) -> None:
    landing = whole(
        house, "quickbooks/payment_data.csv", real("fivetran/quickbooks/payment_data.csv")
    )

    live = [row for row in house.rows(landing) if not row["is_deleted"]]
    assert sum(row["total_amount"] or 0 for row in live) == Decimal("166553.72")


@pytest.mark.parametrize(
    "name",
    ["invoice_line", "bill", "journal_entry", "journal_entry_line", "account", "customer"],
)
def test_a_replicated_table_lands_whole(house: House, name: str) -> None:
    content = real(f"fivetran/quickbooks/{name}_data.csv")

    landing = whole(house, f"quickbooks/{name}_data.csv", content)

    assert landing.table == f"quickbooks__{name}"
    assert landing.rows_landed == len(table(content.decode("utf-8-sig"))) - 1
