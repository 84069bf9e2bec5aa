"""Accounting reports: titles in rows of their own, their lines below, and a total at the end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pipelines.settings import Settings
from tests.landed_exports import House, declared, workbook_of

COLUMNS = [
    {"name": "account_path", "taken_from": {"section": "path"}, "type": "text", "nullable": False},
    {"name": "account_name", "taken_from": {"section": "name"}, "type": "text"},
    {
        "name": "order_date",
        "headers": ["Date"],
        "type": "date",
        "formats": ["%d/%m/%Y"],
        "required": True,
        "nullable": False,
    },
    {"name": "memo", "headers": ["Memo"], "type": "text", "as_above": True},
    {"name": "amount", "headers": ["Amount"], "type": "decimal(18,2)", "required": True},
]
TOTAL = r"Total (?:for )?(.+?)(?: with sub-accounts)?"
SKIP = [
    {"rule": "opening_balance", "column": "order_date", "starts_with": "Beginning Balance"},
    {
        "rule": "total",
        "cell": 1,
        "pattern": TOTAL,
        "totals": {"columns": ["amount"], "of": "section", "tolerance": "0"},
    },
]
LEDGER = """\
Kite Ltd,,,
General Ledger,,,
,Date,Memo,Amount
Bank,,,
,Beginning Balance,,
,01/02/2026,Rent,-10.00
,02/02/2026,,-2.50
Total for Bank,,,-12.50
  Checking,,,
,03/02/2026,Fee,-1.00
  Total for Checking,,,-1.00
Total for Bank with sub-accounts,,,-13.50
Sales,,,
,04/02/2026,Tea,20.00
Total for Sales,,,20.00
"""


def books(settings: Settings, **changes: Any) -> House:
    shapes = [
        {"name": "csv", "preamble_rows": 3},
        {"name": "xlsx", "format": "xlsx", "preamble_rows": 3},
    ]
    contract = {
        "shapes": shapes,
        "columns": COLUMNS,
        "key": [],
        "load": {"rule": "window", "date": "order_date"},
        "sections": {"total": TOTAL},
        "skip": SKIP,
        **changes,
    }
    return House.of(settings, declared(**contract))


def test_every_line_has_the_titles_above_it(settings: Settings) -> None:
    there = books(settings)
    landing = there.land("shop/ledger.csv", LEDGER)
    found = [
        (row["account_path"], row["account_name"], row["amount"]) for row in there.rows(landing)
    ]
    assert found == [
        ("Bank", "Bank", Decimal("-10.00")),
        ("Bank", "Bank", Decimal("-2.50")),
        ("Bank:Checking", "Checking", Decimal("-1.00")),
        ("Sales", "Sales", Decimal("20.00")),
    ]
    assert landing.rows_skipped == {
        "header": 1,
        "opening_balance": 1,
        "preamble": 2,
        "section": 3,
        "total": 4,
    }


def test_every_total_of_a_section_is_compared_with_its_lines(settings: Settings) -> None:
    landing = books(settings).land("shop/ledger.csv", LEDGER)
    assert [(t["stated"], t["verdict"]) for t in landing.totals] == [
        # The bank's own lines stand above its first total, all of its lines above the second.
        ("-12.50", "equal"),
        ("-1.00", "equal"),
        ("-13.50", "equal"),
        ("20.00", "equal"),
    ]


def test_f033_a_section_without_one_of_its_lines_is_found_by_its_total(settings: Settings) -> None:
    refused = books(settings).refuse(
        "shop/ledger.csv", LEDGER.replace(",03/02/2026,Fee,-1.00\n", "")
    )
    assert (refused.code, refused.row) == ("CONTROL_TOTAL", 10)


def test_an_empty_cell_means_what_stands_above_it(settings: Settings) -> None:
    there = books(settings)
    landing = there.land("shop/ledger.csv", LEDGER)
    assert [row["memo"] for row in there.rows(landing)] == ["Rent", "Rent", "Fee", "Tea"]


def test_a_workbook_has_the_same_sections(settings: Settings) -> None:
    there = books(settings)
    lines = [[cell or None for cell in line.split(",")] for line in LEDGER.splitlines()]
    by_text = there.rows(there.land("shop/ledger.csv", LEDGER))
    by_sheet = there.rows(there.land("shop/ledger.xlsx", workbook_of(lines)))
    named = ("account_path", "order_date", "memo", "amount")
    assert [[row[n] for n in named] for row in by_sheet] == [
        [row[n] for n in named] for row in by_text
    ]


def test_a_line_before_any_title_is_quarantined_and_not_guessed(settings: Settings) -> None:
    there = books(settings, quarantine_limit=1)
    content = LEDGER.replace("Bank,,,\n,Beg", ",05/02/2026,Lost,1.00\nBank,,,\n,Beg")
    landing = there.land("shop/ledger.csv", content)
    assert landing.rows_quarantined == 1
    [fault] = there.quarantine(landing)
    assert (fault["code"], fault["column_name"]) == ("MISSING_VALUE", "account_path")


def test_a_title_without_total_is_closed_by_the_next_title(settings: Settings) -> None:
    there = books(settings)
    content = "x,,,\nx,,,\n,Date,Memo,Amount\nA,,,\n,01/02/2026,a,1.00\nB,,,\n,02/02/2026,b,2.00\n"
    rows = there.rows(there.land("shop/ledger.csv", content))
    assert [row["account_path"] for row in rows] == ["A", "B"]
