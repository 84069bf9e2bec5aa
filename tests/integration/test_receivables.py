"""Ageing of receivables: on paper, and against what the example company invoiced and was paid."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.serve import mart
from tests.integration.conftest import Company
from tests.integration.small_mart import SmallMart, build_marts

pytestmark = pytest.mark.slow

# Units of a currency for one euro in a month: a dollar is 0.50 euro in January, 0.40 in February.
RATES = {"EUR": {1: "1", 2: "1", 3: "1"}, "USD": {1: "2", 2: "2.5", 3: "2.5"}}
# Document, kind, issued, due, customer, currency, before tax, tax.
INVOICE_LINES = [
    # Due on 30 January, and paid in part, with tax, in March.
    ("A", "invoice", "2026-01-10", "2026-01-30", "k1", "EUR", "100", "19"),
    ("A", "invoice", "2026-01-10", "2026-01-30", "k1", "EUR", "50", "9.50"),
    # No due date: it ages from its issue. Paid at once.
    ("B", "invoice", "2026-01-31", None, "k1", "EUR", "10", "0"),
    # 100 dollars are 50 euro when invoiced, and 60 of them 24 euro when paid.
    ("C", "invoice", "2026-01-15", "2026-03-10", "k2", "USD", "100", "0"),
    # The export says no tax: the payment, with tax, is more than what is known to be owed.
    ("D", "invoice", "2026-02-01", "2026-02-15", "k3", "EUR", "100", None),
    # What the customer gets back is owed to them.
    ("E", "credit_note", "2026-02-03", None, "k3", "EUR", "-20", "-3.80"),
    # What came back of an order carries the order's number.
    ("F", "invoice", "2025-11-30", None, "k4", "EUR", "80", "0"),
    ("F", "credit_note", "2026-02-10", None, "k4", "EUR", "-30", "0"),
    ("stripe|in_1", "invoice", "2026-01-05", "2026-01-05", None, "EUR", "40", "0"),
    # The run's day never counts.
    ("G", "invoice", "2026-03-11", "2026-03-11", "k4", "EUR", "9999", "0"),
]
# Status, day, customer, invoice, currency, amount, refunded of it.
PAYMENTS = [
    ("paid", "2026-03-02", "k1", "A", "EUR", "78.50", "0"),
    ("paid", "2026-01-31", "k1", "B", "EUR", "10", "0"),
    ("partially_refunded", "2026-02-20", "k2", "C", "USD", "70", "10"),
    ("paid", "2026-02-14", "k3", "D", "EUR", "119", "0"),
    # Nobody knows such an invoice, or none was named; of one the currency is another.
    ("paid", "2026-02-05", "k4", "lost", "EUR", "15", "0"),
    ("paid", "2026-02-06", "k4", None, "EUR", "5", "0"),
    ("paid", "2026-02-07", "k1", "A", "USD", "25", "0"),
    ("paid", "2026-02-28", None, "in_1", "EUR", "40", "0"),
    # This is no money.
    ("failed", "2026-02-08", "k1", "A", "EUR", "178.50", "0"),
    ("pending", "2026-02-08", "k1", "A", "EUR", "178.50", "0"),
    ("disputed", "2026-02-08", "k1", "A", "EUR", "178.50", "0"),
    ("refunded", "2026-02-09", "k9", None, "EUR", "33", "33"),
    ("paid", "2026-03-11", "k1", "A", "EUR", "9999", "0"),
]
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def literal(value: str | None, type_: str) -> str:
    return f"cast({'null' if value is None else repr(value)} as {type_})"


def euro(amount: str | None, currency: str, day: str) -> str | None:
    rate = RATES[currency].get(int(day[5:7]), "1")
    return None if amount is None else str(Decimal(amount) / Decimal(rate))


def facts() -> str:
    """`fct_invoices` and `fct_payments` of these documents and payments, as SQL."""
    lines, paid = [], []
    for number, line in enumerate(INVOICE_LINES):
        document, kind, issued, due, customer, currency, net, tax = line
        texts = (f"l{number}", document, kind, customer, currency)
        sums = (net, tax, euro(net, currency, issued), euro(tax, currency, issued))
        lines.append(
            ", ".join(
                [literal(text, "varchar") for text in texts]
                + [literal(issued, "date"), literal(due, "date")]
                + [literal(amount, "decimal(28, 6)") for amount in sums]
                + [literal(RATES[currency].get(int(issued[5:7]), "1"), "decimal(18, 8)")]
                + ["cast(1 as decimal(18, 8))"]
            )
        )
    for number, payment in enumerate(PAYMENTS):
        status, day, customer, document, currency, amount, back = payment
        texts = (f"p{number}", status, customer, document, currency)
        sums = (amount, back, euro(amount, currency, day), euro(back, currency, day))
        paid.append(
            ", ".join(
                [literal(text, "varchar") for text in texts]
                + [literal(day, "date")]
                + [literal(amount, "decimal(28, 6)") for amount in sums]
            )
        )
    return f"""
        create or replace table kpi_mart.fct_invoices as
        select * from (values ({"), (".join(lines)})) as t (
            invoice_line_id, invoice_id, document_kind, customer_id, currency_code, issue_date,
            due_date, net_amount, tax_amount, net_amount_reporting, tax_amount_reporting,
            fx_from_rate, fx_to_rate
        );
        create or replace table kpi_mart.fct_payments as
        select * from (values ({"), (".join(paid)})) as t (
            payment_id, status, customer_id, invoice_id, currency_code, payment_date, amount,
            refunded_amount, amount_reporting, refunded_amount_reporting
        );
    """


@pytest.fixture(scope="module")
def owed(tmp_path_factory: pytest.TempPathFactory) -> SmallMart:
    return build_marts(
        tmp_path_factory.mktemp("receivables"),
        facts(),
        ["receivables_ageing", "assert_receivables_are_invoiced_less_paid"],
    )


def lines(owed: SmallMart, month: date) -> dict[str, list[Any]]:
    return {
        line: values
        for line, *values in owed.asked(
            f"""select line_id, bucket, days_overdue, amount, amount_reporting
            from kpi_mart.receivables_ageing where month_start_date = date '{month}'"""
        )
    }


def line(bucket: str, overdue: int | None, amount: str, reporting: str) -> list[Any]:
    return [bucket, overdue, Decimal(amount), Decimal(reporting)]


def test_what_is_not_paid_at_the_end_of_a_month_is_as_old_as_it_is_overdue(
    owed: SmallMart,
) -> None:
    """F was issued on 30 November and has no due date: 62 days on 31 January."""
    assert lines(owed, JANUARY) == {
        "document|A|EUR": line("days_1_to_30", 1, "178.50", "178.50"),
        "document|C|USD": line("not_due", -38, "100", "50"),
        "document|F|EUR": line("days_61_to_90", 62, "80", "80"),
        "document|stripe|in_1|EUR": line("days_1_to_30", 26, "40", "40"),
    }


def test_what_is_owed_to_customers_and_paid_at_another_rate_has_lines_of_its_own(
    owed: SmallMart,
) -> None:
    """40 dollars are left of C at 0.50; 60 were invoiced as 30 euro and came as 24."""
    assert lines(owed, FEBRUARY) == {
        "document|A|EUR": line("days_1_to_30", 29, "178.50", "178.50"),
        "document|C|USD": line("not_due", -10, "40", "20"),
        "conversion_difference|k2|USD": line("conversion_difference", None, "0", "6"),
        "document|D|EUR": line("unapplied", 13, "-19", "-19"),
        "document|E|EUR": line("unapplied", 25, "-23.80", "-23.80"),
        "document|F|EUR": line("days_61_to_90", 90, "50", "50"),
        "unapplied|k4|EUR": line("unapplied", None, "-20", "-20"),
        "unapplied|k1|USD": line("unapplied", None, "-25", "-10"),
    }


def test_the_month_still_running_is_aged_on_the_day_before_the_run(owed: SmallMart) -> None:
    assert lines(owed, MARCH) == {
        "document|A|EUR": line("days_31_to_60", 39, "100", "100"),
        "document|C|USD": line("not_due", 0, "40", "20"),
        "conversion_difference|k2|USD": line("conversion_difference", None, "0", "6"),
        "document|D|EUR": line("unapplied", 23, "-19", "-19"),
        "document|E|EUR": line("unapplied", 35, "-23.80", "-23.80"),
        "document|F|EUR": line("over_90_days", 100, "50", "50"),
        "unapplied|k4|EUR": line("unapplied", None, "-20", "-20"),
        "unapplied|k1|USD": line("unapplied", None, "-25", "-10"),
    }
    assert owed.asked(
        """select distinct balance_date, is_month_over from kpi_mart.receivables_ageing
        where month_start_date >= date '2026-02-01' order by 1"""
    ) == [(date(2026, 2, 28), True), (date(2026, 3, 10), False)]


def test_a_document_says_its_customer_its_kind_and_whether_its_tax_is_known(
    owed: SmallMart,
) -> None:
    assert owed.asked(
        """select distinct invoice_id, line_kind, customer_id, is_with_tax
        from kpi_mart.receivables_ageing order by all"""
    ) == [
        ("A", "invoice", "k1", True),
        ("C", "invoice", "k2", True),
        ("D", "invoice", "k3", False),
        ("E", "credit_note", "k3", True),
        ("F", "invoice", "k4", True),
        ("stripe|in_1", "invoice", "unknown", True),
        (None, "conversion_difference", "k2", None),
        (None, "payment", "k1", None),
        (None, "payment", "k4", None),
    ]


def test_all_of_a_month_is_what_was_invoiced_less_what_was_paid(owed: SmallMart) -> None:
    assert owed.answers["assert_receivables_are_invoiced_less_paid"] == "pass"
    assert owed.asked(
        """select currency_code, sum(amount), sum(amount_reporting)
        from kpi_mart.receivables_ageing
        where month_start_date = date '2026-03-01' group by 1 order by 1"""
    ) == [
        # 178.50 + 10 + 100 - 23.80 + 50 + 40 less 78.50 + 10 + 119 + 15 + 5 + 40
        ("EUR", Decimal("87.20"), Decimal("87.20")),
        # 100 less 60 + 25; in euro 50 less 24 + 10
        ("USD", Decimal("15"), Decimal("16")),
    ]


def test_the_example_company_is_owed_what_it_invoiced_less_what_it_was_paid(
    company: Company,
) -> None:
    """Of every month and currency, added up in Python from the facts."""
    with mart.open_mart(mart.release_folder(company.settings)) as connection:
        moved = connection.execute(
            """select issue_date, currency_code, net_amount + tax_amount,
                net_amount_reporting + tax_amount_reporting
            from kpi_mart.fct_invoices
            union all
            select payment_date, currency_code, refunded_amount - amount,
                refunded_amount_reporting - amount_reporting
            from kpi_mart.fct_payments
            where status in ('paid', 'refunded', 'partially_refunded')"""
        ).fetchall()
        months = connection.execute(
            """select balance_date, currency_code, sum(amount), sum(amount_reporting)
            from kpi_mart.receivables_ageing group by 1, 2"""
        ).fetchall()
        negative = connection.execute(
            """select count(*) from kpi_mart.receivables_ageing
            where line_kind = 'invoice' and amount < 0"""
        ).fetchall()
    assert len(months) >= 24
    true: dict[tuple[date, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for last_day, currency, *_ in months:
        for day, of_currency, amount, reporting in moved:
            if day <= last_day and of_currency == currency:
                true[last_day, currency][0] += amount
                true[last_day, currency][1] += reporting
    assert {(day, currency): [a, r] for day, currency, a, r in months} == dict(true)
    assert negative == [(0,)], "an invoice with its tax is never overpaid"
