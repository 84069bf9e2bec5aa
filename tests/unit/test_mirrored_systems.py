"""A billing tool and the accounting it books into tell of the same invoices: that is noticed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
QUESTION = PROJECT / "tests" / "assert_no_system_mirrors_another.sql"
Invoice = tuple[str, int, str]
"""The source, the day in June, the amount."""


def mirrored(*invoices: Invoice) -> list[tuple[object, ...]]:
    """What the question finds among invoices of one line each, and of two where it is odd."""
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", QUESTION.read_text(encoding="utf-8"))
    sql = re.sub(r"\{\{ source\('landed', '(\w+)'\) \}\}", r"\1", sql)
    with duckdb.connect() as mart:
        mart.execute("create table landings (landing_id varchar, source varchar)")
        mart.execute(
            "create table fct_invoices (invoice_id varchar, issue_date date, currency_code varchar,"
            " net_amount decimal(18, 6), _landing_id varchar)"
        )
        for source in sorted({source for source, _, _ in invoices}):
            mart.execute("insert into landings values (?, ?)", [source, source])
        for number, (source, day, amount) in enumerate(invoices):
            parts = [Decimal(amount)] if source < "n" else [Decimal(amount) - 1, Decimal(1)]
            for part in parts:
                row = [f"{source}-{number}", date(2026, 6, 1) + timedelta(day), "EUR", part, source]
                mart.execute("insert into fct_invoices values (?, ?, ?, ?, ?)", row)
        return mart.execute(sql).fetchall()


def days_of(source: str, first: int, last: int, price: str = "100") -> list[Invoice]:
    return [(source, day, str(int(price) + day)) for day in range(first, last)]


def test_what_is_billed_and_booked_is_found_however_its_lines_are_split() -> None:
    assert mirrored(*days_of("billing", 0, 8), *days_of("xero", 2, 10)) == [
        ("billing", "xero", 6, 8)
    ]


def test_a_few_that_happen_to_be_alike_are_none() -> None:
    assert mirrored(*days_of("billing", 0, 20), *days_of("xero", 16, 30)) == []
    assert mirrored(*days_of("billing", 0, 4), *days_of("xero", 0, 4)) == []


def test_other_amounts_of_the_same_days_are_none() -> None:
    assert mirrored(*days_of("billing", 0, 20), *days_of("xero", 0, 20, "500")) == []
