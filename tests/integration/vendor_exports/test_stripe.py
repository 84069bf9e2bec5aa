"""Stripe's exports: the dashboard's in two locales, its itemised report, and replicated tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from finance_exports import (
    STREAMS,
    fixture,
    german,
    real,
    table,
    total,
    values,
    whole,
    without_lineage,
)

from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of

MONEY = {
    "unified_payments": [
        "Amount", "Amount Refunded", "Converted Amount", "Converted Amount Refunded", "Fee",
        "Taxes On Fee",
    ],
    "balance_history": ["Amount", "Fee", "Net", "Customer Facing Amount"],
    "invoices": [
        "Amount Due", "Amount Paid", "Amount Remaining", "Subtotal", "Total Discount Amount", "Tax",
        "Total",
    ],
    "refunds": ["Amount"],
    "subscriptions": ["Amount"],
}  # fmt: skip
STREAM = {
    "unified_payments": "payments",
    "balance_history": "balance_transactions",
    "itemized_balance_change_from_activity": "balance_transactions",
}


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


@pytest.mark.parametrize("name", [*MONEY, "itemized_balance_change_from_activity"])
def test_an_export_lands_whole_as_the_stream_that_it_is(house: House, name: str) -> None:
    landing = whole(house, f"stripe/{name}.csv")

    assert landing.table == f"stripe__{STREAM.get(name, name)}"
    assert landing.rows_landed == len(table(fixture(f"stripe/{name}.csv"))) - 1
    assert landing.rows_skipped == {"header": 1}


@pytest.mark.parametrize("name", MONEY)
def test_a_locale_with_a_decimal_comma_lands_to_the_same_values(house: House, name: str) -> None:
    point = whole(house, f"stripe/{name}.csv")
    comma = whole(house, "stripe/export.csv", german(fixture(f"stripe/{name}.csv"), MONEY[name]))

    assert comma.shape == "csv_with_decimal_comma"
    assert without_lineage(house, comma) == without_lineage(house, point)


def test_amounts_are_in_the_charges_currency_and_fees_in_the_accounts(house: House) -> None:
    landing = whole(house, "stripe/unified_payments.csv")

    columns = ("amount", "currency_code", "converted_amount", "converted_currency_code")
    assert values(house, landing, *columns, "fee_amount")[0] == (
        Decimal("1234.50"), "usd", Decimal("1140.20"), "eur", Decimal("33.41"),
    )  # fmt: skip
    assert str(values(house, landing, "created_at")[3][0]) == "2026-03-04 23:59:59"
    assert landing.drift == ["Payment Source Type", "order_id (metadata)"]


def test_net_is_amount_less_fee_in_both_reports_of_the_balance(house: House) -> None:
    history = whole(house, "stripe/balance_history.csv")
    report = whole(house, "stripe/itemized_balance_change_from_activity.csv")

    for landing in (history, report):
        for amount, fee, net in values(house, landing, "amount", "fee_amount", "net_amount"):
            assert net == amount - fee
    # 1140.20 + 49.00 - 49.00 - 11.14, and the payout of all of it; fees 32.17 + 1.24.
    assert total(house, history, "amount") == Decimal("1129.06") - Decimal("1095.65")
    assert total(house, report, "amount") == Decimal("1129.06")
    assert total(house, report, "fee_amount") == Decimal("33.41")
    # The list and the report name the same changes: they are one stream, and count once.
    assert len(house.view("stripe__balance_transactions")) == 5


def test_a_workbook_lands_as_the_file_does(house: House) -> None:
    plain = whole(house, "stripe/invoices.csv")
    book = workbook_of(table(fixture("stripe/invoices.csv")))

    assert without_lineage(house, whole(house, "stripe/invoices.xlsx", book)) == without_lineage(
        house, plain
    )


@pytest.mark.parametrize(
    ("currency", "written", "meant"),
    [
        ("usd", "123450", "1234.50"),
        ("eur", "-5", "-0.05"),
        ("jpy", "5000", "5000"),
        ("krw", "1200", "1200"),
        ("kwd", "5120", "5.120"),
        ("tnd", "10", "0.010"),
        # Stripe's special cases: two decimals that are always 00, or are for charges.
        ("isk", "500", "5"),
        ("ugx", "500", "5"),
        ("huf", "1045", "10.45"),
        ("twd", "80000", "800"),
    ],
)
def test_minor_units_are_stripes_own_for_each_currency(
    house: House, currency: str, written: str, meant: str
) -> None:
    landing = whole(
        house,
        "stripe/balance_transaction.csv",
        "id,amount,available_on,created,currency,fee,net,status,type\n"
        f"txn_1,{written},2026-03-09 00:00:00,2026-03-02 09:12:30,{currency},0,{written},"
        "available,charge\n",
    )

    assert values(house, landing, "amount", "fee_amount", "net_amount") == [
        (Decimal(meant), 0, Decimal(meant))
    ]


@pytest.mark.parametrize(
    ("file", "stream", "rows", "column", "expected"),
    [
        ("charge_data", "charge", 16, "amount", None),
        ("balance_transaction_data", "balance_transaction", None, "net_amount", None),
        ("refund_data", "refund", 4, "amount", "23914.21"),
        ("invoice_data", "invoice", 2, "total_amount", "20"),
        ("invoice_line_item_data", "invoice_line_item", 3, "amount", None),
        ("subscription_data", "subscription", 2, None, None),
        ("subscription_history_data", "subscription", 2, None, None),
        ("subscription_item_data", "subscription_item", 14, "quantity", None),
        ("price_data", "price", 4, "plan_amount", None),
        ("plan_data", "price", 13, "plan_amount", None),
    ],
)
def test_a_replicated_table_lands_with_every_amount_in_units(
    house: House, file: str, stream: str, rows: int | None, column: str | None, expected: str | None
) -> None:
    content = real(f"fivetran/stripe/{file}.csv")

    landing = whole(house, f"stripe/{file}.csv", content)

    header, *records = table(content.decode("utf-8-sig"))
    assert landing.table == f"stripe__{stream}"
    assert landing.rows_landed == len(records)
    assert rows is None or rows == len(records)
    if column is not None:
        names = {
            "amount": ["amount"], "net_amount": ["net"], "total_amount": ["total"],
            "quantity": ["quantity"], "plan_amount": ["unit_amount", "amount"],
        }[column]  # fmt: skip
        place = next(header.index(name) for name in names if name in header)
        written = sum((Decimal(record[place] or 0) for record in records), Decimal(0))
        # All of them are in US dollars: a hundred cents each.
        assert total(house, landing, column) == written / (1 if column == "quantity" else 100)
    if expected is not None:
        assert column is not None
        assert total(house, landing, column) == Decimal(expected)


def test_all_charges_of_the_real_table_have_failed(house: House) -> None:
    landing = whole(house, "stripe/charge_data.csv", real("fivetran/stripe/charge_data.csv"))

    assert values(house, landing, "charge_status", "is_captured") == [("failed", False)] * 16
