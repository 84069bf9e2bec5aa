"""The ledger's own template: two columns or one amount with a sign, in each of its forms."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from finance_exports import STREAMS, fixture, german, table, total, values, whole, without_lineage

from pipelines.settings import Settings
from tests.landed_exports import House, workbook_of

SIGNED = "ledger/journal_lines_signed_2026-03-31.csv"


@pytest.fixture
def house(settings: Settings) -> House:
    return House.of(settings, *STREAMS.values())


def test_journals_of_one_signed_amount_balance(house: House) -> None:
    landing = whole(house, SIGNED)

    journals: dict[str, Decimal] = defaultdict(Decimal)
    for journal_id, amount in values(house, landing, "journal_id", "amount"):
        journals[journal_id] += amount
    assert landing.table == "ledger__journal_lines_signed"
    assert journals == {"J-1": 0, "J-2": 0, "J-3": 0}
    assert [amount for (amount,) in values(house, landing, "amount")] == [
        Decimal(text) for text in ("1190", "-1000", "-190", "1190", "-1190", "49.90", "-49.90")
    ]


def test_the_same_lines_land_alike_with_a_decimal_comma_and_german_days(house: House) -> None:
    plain = whole(house, SIGNED)
    text = fixture(SIGNED).replace("(190.00)", "-190.00").replace("1190.00-", "-1190.00")
    comma = german(text, ["Amount"])
    for day in ("02", "05", "31"):
        comma = comma.replace(f"2026-03-{day}", f"{day}.03.2026")

    assert without_lineage(house, whole(house, "ledger/lines.csv", comma)) == without_lineage(
        house, plain
    )


def test_the_same_lines_land_alike_from_a_workbook(house: House) -> None:
    plain = whole(house, SIGNED)
    book = workbook_of(table(fixture(SIGNED)))

    assert without_lineage(house, whole(house, "ledger/lines.xlsx", book)) == without_lineage(
        house, plain
    )


def test_a_ledger_with_both_sides_is_the_other_stream(house: House) -> None:
    landing = whole(
        house,
        "ledger/lines_2026-03-31.csv",
        "line_id;journal_id;posting_date;account_id;debit;credit;currency\n"
        "1;J-1;2026-03-02;1400;1.190,00;;EUR\n"
        "2;J-1;2026-03-02;8400;;1.190,00;EUR\n",
    )

    assert landing.table == "ledger__journal_lines"
    assert total(house, landing, "debit_amount") == total(house, landing, "credit_amount") == 1190


def test_an_account_without_class_lands_without_one(house: House) -> None:
    landing = whole(house, "ledger/chart_of_accounts_2026-03-31.csv")

    assert ("9999", None) in values(house, landing, "account_id", "account_class")
